#include "policy/cache_status.h"

#include <charconv>

#include "policy/digits.h"

namespace larder::policy {

namespace {

void append_number(std::string& out, storage::Seconds value) {
    char digits[24];
    const auto [end, error] = std::to_chars(std::begin(digits), std::end(digits), value);
    static_cast<void>(error);  // 24 bytes hold every 64-bit number
    out.append(std::begin(digits), end);
}

void append_string(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte > 0x7e) {
            append_percent(out, c);
            continue;
        }
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
}

}  // namespace

const char* word(Forward forward) {
    switch (forward) {
        case Forward::none:
            return "";
        case Forward::bypass:
            return "bypass";
        case Forward::method:
            return "method";
        case Forward::uri_miss:
            return "uri-miss";
        case Forward::vary_miss:
            return "vary-miss";
        case Forward::miss:
            return "miss";
        case Forward::request:
            return "request";
        case Forward::stale:
            return "stale";
        case Forward::partial:
            return "partial";
    }
    return "";
}

void append(std::string& out, const CacheStatus& status) {
    out += "larder";
    if (status.hit) {
        out += "; hit";
    } else if (status.forward != Forward::none) {
        out += "; fwd=";
        out += word(status.forward);
        if (status.forward_status != 0) {
            out += "; fwd-status=";
            append_number(out, status.forward_status);
        }
    }
    if (status.ttl) {
        out += "; ttl=";
        append_number(out, *status.ttl);
    }
    if (status.stored) out += "; stored";
    if (status.collapsed) out += "; collapsed";
    if (!status.key.empty()) {
        out += "; key=";
        append_string(out, status.key);
    }
    if (!status.detail.empty()) {
        out += "; detail=";
        append_string(out, status.detail);
    }
}

}  // namespace larder::policy
