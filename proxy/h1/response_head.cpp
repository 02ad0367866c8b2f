#include "proxy/h1/response_head.h"

#include <algorithm>

#include "proxy/h1/known_names.h"
#include "proxy/h1/line_rules.h"

namespace larder::proxy::h1 {
namespace {

using policy::same_name;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// RFC 9112 section 4: HTTP-version SP status-code SP [reason-phrase]. The second SP may be missing when there is no
// reason: many origins leave it out, and it changes no reading.
const char* read_status_line(std::string_view line, ResponseHead& head) {
    const std::string_view version = line.substr(0, 8);
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return "bad HTTP version";
    head.minor = version.back() - '0';
    line.remove_prefix(8);
    if (line.size() < 4 || line[0] != ' ' || !std::all_of(line.begin() + 1, line.begin() + 4, is_digit)) {
        return "bad status code";
    }
    head.status = (line[1] - '0') * 100 + (line[2] - '0') * 10 + (line[3] - '0');
    if (head.status < 100) return "bad status code";  // RFC 9110 section 15
    line.remove_prefix(4);
    if (line.empty()) return nullptr;
    if (line[0] != ' ') return "bad status code";
    head.reason = line.substr(1);
    const bool clean = std::all_of(head.reason.begin(), head.reason.end(), [](char c) { return is(value_byte, c); });
    return clean ? nullptr : "control character in the reason phrase";
}

struct Gathered {
    FramingFields framing;
    bool close = false, keep_alive = false;
};

void take_field(const policy::Field& field, ResponseHead& head, Gathered& seen) {
    switch (known_name(field.name)) {
        case KnownName::content_length: {
            const bool first = !seen.framing.has_length();
            seen.framing.add_content_length(field.value);
            if (first) head.fields.add(field.name, seen.framing.length_digits());
            return;
        }
        case KnownName::transfer_encoding:
            seen.framing.add_transfer_encoding(field.value);
            return;
        case KnownName::http2_settings:
            return;
        case KnownName::connection:
            policy::for_each_element(field.value, [&](std::string_view option) {
                seen.close = seen.close || same_name(option, "close");
                seen.keep_alive = seen.keep_alive || same_name(option, "keep-alive");
                return true;
            });
            break;
        default:
            break;
    }
    head.fields.add(field.name, field.value);
}

// RFC 9112 section 6.3, in its order.
void settle_body(const FramingFields& framing, bool coding_is_chunked, bool request_was_head, ResponseHead& head) {
    const bool never_has_content = head.status < 200 || head.status == 204;
    if (never_has_content || head.status == 304 || request_was_head) {
        // An origin that announces content where there cannot be any may also send it.
        if (never_has_content && (framing.has_coding() || framing.length() > 0)) head.keep_alive = false;
        return;
    }
    if (coding_is_chunked) {
        head.framing = BodyFraming::chunked;
    } else if (framing.has_length()) {
        head.framing = BodyFraming::length;
    } else {
        head.framing = BodyFraming::until_close;
        head.keep_alive = false;
    }
}

}  // namespace

void ResponseHead::clear() {
    policy::Fields kept = std::move(fields);
    kept.clear();
    *this = ResponseHead{};
    fields = std::move(kept);
}

const char* parse_response_head(std::string_view bytes, const HeadLimits& limits, bool request_was_head,
                                ResponseHead& head) {
    head.clear();
    head.size = bytes.size();
    std::string_view line;
    if (!take_line(bytes, line)) return "bad line end";
    if (const char* fault = read_status_line(line, head)) return fault;
    Gathered seen;
    unsigned fields = 0;
    while (true) {
        if (!take_line(bytes, line)) return "bad line end";
        if (line.empty()) break;
        if (++fields > limits.fields) return "too many fields";
        policy::Field field;
        if (const char* fault = read_field_line(line, field)) return fault;
        take_field(field, head, seen);
    }
    if (!bytes.empty()) return "bytes after the head";
    const FramingFields::Verdict verdict = seen.framing.judge(head.minor);
    // Without chunked the body ends with the connection (RFC 9112 section 6.3). A coding that is in use and not undone
    // here would make its bytes another thing than they are; one that nobody knows does nothing.
    const bool unknown = verdict == FramingFields::Verdict::unknown_coding;
    if (verdict != FramingFields::Verdict::fine && !unknown) return word(verdict);
    head.has_content_length = seen.framing.has_length();
    head.content_length = seen.framing.length();
    head.keep_alive = !seen.close && (head.minor == 1 || seen.keep_alive);  // RFC 9112 section 9.3
    settle_body(seen.framing, seen.framing.has_coding() && !unknown, request_was_head, head);
    return nullptr;
}

}  // namespace larder::proxy::h1
