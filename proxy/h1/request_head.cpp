#include "proxy/h1/request_head.h"

#include "proxy/h1/known_names.h"
#include "proxy/h1/line_rules.h"

namespace larder::proxy::h1 {
namespace {

using policy::same_name;

Refusal bad(const char* reason) {
    return {400, reason};
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// RFC 9112 section 2.3. We speak 1.0 and 1.1; a later minor version is not guessed at.
Refusal read_version(std::string_view version, int& minor) {
    if (version == "HTTP/1.1" || version == "HTTP/1.0") {
        minor = version.back() - '0';
        return {};
    }
    const bool well_formed = version.size() == 8 && version.substr(0, 5) == "HTTP/" && is_digit(version[5]) &&
                             version[6] == '.' && is_digit(version[7]);
    return well_formed ? Refusal{505, "HTTP version not supported"} : bad("bad HTTP version");
}

// RFC 9112 section 3: method SP request-target SP HTTP-version, with exactly these spaces.
Refusal read_request_line(std::string_view line, RequestHead& head) {
    std::size_t method = 0;
    while (method < line.size() && is(token_byte, line[method])) ++method;
    if (method == 0 || method == line.size() || line[method] != ' ') return bad("bad method");
    head.method = line.substr(0, method);
    line.remove_prefix(method + 1);
    std::size_t target = 0;
    while (target < line.size() && is(target_byte, line[target])) ++target;
    if (target == 0 || target == line.size() || line[target] != ' ') return bad("bad request target");
    head.target = line.substr(0, target);
    if (const Refusal refusal = read_version(line.substr(target + 1), head.minor)) return refusal;
    // No tunnels, and nothing that shows a client's credentials to a script (RFC 9110 sections 9.3.6 and 9.3.8).
    if (head.method == "CONNECT" || head.method == "TRACE") return {405, "method not allowed"};
    return {};
}

// What the fields say beside their own lines, gathered while they pass.
struct Gathered {
    FramingFields framing;
    unsigned hosts = 0, expects = 0, upgrades = 0, connection_options = 0;
    std::string_view expect, upgrade;
    bool close = false, keep_alive = false, connection_upgrade = false;
};

// RFC 9110 section 7.6.1.
Refusal read_connection(std::string_view value, Gathered& seen) {
    constexpr unsigned max_options = 16;  // each is compared with every field
    Refusal refusal;
    policy::for_each_element(value, [&](std::string_view option) {
        if (++seen.connection_options > max_options) {
            refusal = bad("Connection names too many fields");
        } else if (!policy::is_token(option)) {
            refusal = bad("bad Connection");
        } else if (protected_from_connection(option)) {
            refusal = bad("Connection names an end-to-end field");
        } else if (same_name(option, "close")) {
            seen.close = true;
        } else if (same_name(option, "keep-alive")) {
            seen.keep_alive = true;
        } else if (same_name(option, "upgrade")) {
            seen.connection_upgrade = true;
        }
        return !refusal;
    });
    return refusal;
}

Refusal take_field(const policy::Field& field, RequestHead& head, Gathered& seen) {
    switch (known_name(field.name)) {
        case KnownName::host:
            if (++seen.hosts > 1) return bad("more than one Host");  // RFC 9112 section 3.2
            head.host = field.value;
            head.host_present = true;
            return {};
        case KnownName::content_length:
            seen.framing.add_content_length(field.value);
            return {};
        case KnownName::transfer_encoding:
            seen.framing.add_transfer_encoding(field.value);
            return {};
        case KnownName::expect:
            ++seen.expects, seen.expect = field.value;
            return {};
        case KnownName::upgrade:
            ++seen.upgrades, seen.upgrade = field.value;
            return {};
        case KnownName::http2_settings:
            return {};
        case KnownName::connection:
            if (const Refusal refusal = read_connection(field.value, seen)) return refusal;
            break;
        case KnownName::other:
            if (spells_wire_name_with_underscore(field.name)) return {};
            break;
    }
    head.fields.add(field.name, field.value);
    return {};
}

Refusal settle_framing(const FramingFields& framing, RequestHead& head) {
    const FramingFields::Verdict verdict = framing.judge(head.minor);
    // RFC 9112 section 6.1 wants 501 for a coding that is not understood. Where chunked is not the last coding,
    // section 6.3 says 400, and that goes first: such a request has no length.
    if (verdict == FramingFields::Verdict::unsupported_coding) return {501, word(verdict)};
    if (verdict != FramingFields::Verdict::fine) return bad(word(verdict));
    if (framing.has_coding()) {
        head.framing = BodyFraming::chunked;
    } else if (framing.has_length()) {
        head.framing = BodyFraming::length;
        head.content_length = framing.length();
    }
    return {};
}

bool has_content(const RequestHead& head) {
    return head.framing == BodyFraming::chunked || head.content_length > 0;
}

// RFC 9110 section 10.1.1. HTTP/1.0 has no expectations.
Refusal settle_expect(const Gathered& seen, RequestHead& head) {
    if (seen.expects == 0 || head.minor == 0) return {};
    if (seen.expects > 1 || !same_name(seen.expect, "100-continue")) return {417, "unknown expectation"};
    head.expect_continue = has_content(head);
    return {};
}

// RFC 9110 section 7.8: a server may ignore Upgrade, and must in HTTP/1.0. It is ignored where it is no single
// protocol, where a body could be taken for the new protocol's bytes, and for HTTP/2, whose requests would pass
// unjudged.
void settle_upgrade(const Gathered& seen, RequestHead& head) {
    if (seen.upgrades != 1 || !seen.connection_upgrade || head.minor == 0 || has_content(head)) return;
    const std::size_t slash = seen.upgrade.find('/');
    const std::string_view name = seen.upgrade.substr(0, slash);
    const bool versioned = slash != std::string_view::npos;
    if (!policy::is_token(name) || (versioned && !policy::is_token(seen.upgrade.substr(slash + 1)))) return;
    if (same_name(name, "h2c") || same_name(name, "h2") || same_name(name, "http")) return;
    head.upgrade = true;
    head.upgrade_protocol = seen.upgrade;
}

}  // namespace

void RequestHead::clear() {
    policy::Fields kept = std::move(fields);
    kept.clear();
    *this = RequestHead{};
    fields = std::move(kept);
}

Refusal parse_request_head(std::string_view bytes, const HeadLimits& limits, RequestHead& head) {
    head.clear();
    head.size = bytes.size();
    for (unsigned i = 0; i < limits.leading_empty_lines && bytes.substr(0, 2) == "\r\n"; ++i) bytes.remove_prefix(2);
    std::string_view line;
    if (!take_line(bytes, line)) return bad("bad line end");
    if (const Refusal refusal = read_request_line(line, head)) return refusal;
    Gathered seen;
    unsigned fields = 0;
    while (true) {
        if (!take_line(bytes, line)) return bad("bad line end");
        if (line.empty()) break;
        if (++fields > limits.fields) return {431, "too many fields"};
        policy::Field field;
        if (const char* fault = read_field_line(line, field)) return bad(fault);
        if (const Refusal refusal = take_field(field, head, seen)) return refusal;
    }
    if (!bytes.empty()) return bad("bytes after the head");
    if (seen.hosts == 0 && head.minor == 1) return bad("no Host");          // RFC 9112 section 3.2
    head.keep_alive = !seen.close && (head.minor == 1 || seen.keep_alive);  // RFC 9112 section 9.3
    if (const Refusal refusal = settle_framing(seen.framing, head)) return refusal;
    if (const Refusal refusal = settle_expect(seen, head)) return refusal;
    settle_upgrade(seen, head);
    return {};
}

}  // namespace larder::proxy::h1
