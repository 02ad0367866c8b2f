#include "policy/target.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "policy/digits.h"

namespace larder::policy {
namespace {

constexpr std::uint8_t unreserved = 1;  // RFC 3986 section 2.3
constexpr std::uint8_t plain = 2;       // stands in a path as it is
constexpr std::uint8_t visible = 4;     // 21-7e without "#"
constexpr std::uint8_t host_byte = 8;

constexpr std::array<std::uint8_t, 256> classes = [] {
    std::array<std::uint8_t, 256> table{};
    for (unsigned c = 0x21; c < 0x7f; ++c) {
        const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        std::uint8_t bits = c == '#' ? 0 : visible | plain;
        if (alphanumeric) bits |= unreserved | host_byte;
        table[c] = bits;
    }
    for (const char c : std::string_view("-._")) table[static_cast<unsigned char>(c)] |= unreserved | host_byte;
    table['~'] |= unreserved;
    for (const char c : std::string_view("\"<>\\^`{|}%")) {
        table[static_cast<unsigned char>(c)] &= static_cast<std::uint8_t>(~plain);
    }
    return table;
}();

constexpr bool is(std::uint8_t byte_class, char c) {
    return (classes[static_cast<unsigned char>(c)] & byte_class) != 0;
}

constexpr bool above_ascii(char c) {
    return static_cast<unsigned char>(c) >= 0x80;
}

// The byte that the escape at `i` stands for, or -1.
int escaped_byte(std::string_view text, std::size_t i) {
    if (text.size() - i < 3) return -1;
    const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// The length of the path if it is canonical already, as almost every path is; else 0.
std::size_t canonical_prefix(std::string_view raw) {
    std::size_t i = 0;
    for (char before = 0; i < raw.size() && raw[i] != '?'; before = raw[i++]) {
        if (!is(plain, raw[i]) || (raw[i] == '.' && before == '/')) return 0;
    }
    return i;
}

TargetVerdict append_escaped_path(std::string_view path, std::string& out) {
    for (std::size_t i = 0; i < path.size(); ++i) {
        const char c = path[i];
        if (c == '%') {
            const int byte = escaped_byte(path, i);
            if (byte <= 0) return TargetVerdict::bad_escape;
            i += 2;
            if (is(unreserved, static_cast<char>(byte))) {
                out.push_back(static_cast<char>(byte));
            } else {
                append_percent(out, static_cast<char>(byte));
            }
        } else if (is(plain, c)) {
            out.push_back(c);
        } else if (is(visible, c) || above_ascii(c)) {
            append_percent(out, c);
        } else {
            return TargetVerdict::bad_byte;
        }
    }
    return TargetVerdict::fine;
}

// RFC 3986 section 5.2.4, in place: `path` starts with "/" and holds no escaped dots any more.
void remove_dot_segments(std::string& path) {
    std::size_t to = 0;
    for (std::size_t from = 0; from < path.size();) {
        const std::size_t end = std::min(path.find('/', from + 1), path.size());
        const std::string_view segment = std::string_view(path).substr(from + 1, end - from - 1);
        if (segment == "." || segment == "..") {
            if (segment == ".." && to > 0) to = path.rfind('/', to - 1);
            if (end == path.size()) path[to++] = '/';
        } else {
            std::copy(path.begin() + static_cast<std::ptrdiff_t>(from), path.begin() + static_cast<std::ptrdiff_t>(end),
                      path.begin() + static_cast<std::ptrdiff_t>(to));
            to += end - from;
        }
        from = end;
    }
    path.resize(to);
}

TargetVerdict append_query(std::string_view query, std::string& out) {
    for (std::size_t i = 0; i < query.size(); ++i) {
        const char c = query[i];
        if (above_ascii(c)) {
            append_percent(out, c);
            continue;
        }
        if (!is(visible, c)) return TargetVerdict::bad_byte;
        if (c == '%' && escaped_byte(query, i) < 0) return TargetVerdict::bad_escape;
        out.push_back(c);
    }
    return TargetVerdict::fine;
}

bool same_letters(std::string_view text, std::string_view lower) {
    return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + ('a' - 'A') : a) == b; });
}

// RFC 9112 section 3.2.2. Takes scheme and authority off `rest`.
TargetVerdict take_absolute_form(std::string_view& rest, Target& out) {
    if (same_letters(rest.substr(0, 7), "http://")) {
        out.scheme = "http";
    } else if (same_letters(rest.substr(0, 8), "https://")) {
        out.scheme = "https";
    } else {
        return TargetVerdict::bad_form;
    }
    rest.remove_prefix(out.scheme.size() + 3);
    out.authority = rest.substr(0, rest.find_first_of("/?#"));
    rest.remove_prefix(out.authority.size());
    return out.authority.empty() ? TargetVerdict::bad_authority : TargetVerdict::fine;
}

}  // namespace

TargetVerdict canonical_target(std::string_view raw, std::string_view method, Target& out) {
    out.text.clear();
    out.path_size = 0;
    out.has_query = false;
    out.scheme = out.authority = {};
    if (raw.empty()) return TargetVerdict::bad_form;
    bool asterisk = raw == "*";
    if (!asterisk && raw[0] != '/') {
        if (const TargetVerdict verdict = take_absolute_form(raw, out); verdict != TargetVerdict::fine) return verdict;
        asterisk = raw.empty() && method == "OPTIONS";  // RFC 9112 section 3.2.4
    }
    if (asterisk) {
        if (method != "OPTIONS") return TargetVerdict::bad_form;
        out.text = "*";
        out.path_size = 1;
        return TargetVerdict::fine;
    }
    if (raw.empty() || raw[0] == '?') out.text = "/";  // RFC 9110 section 4.2.3
    if (const std::size_t prefix = canonical_prefix(raw); prefix > 0) {
        out.text = raw.substr(0, prefix);
        raw.remove_prefix(prefix);
    } else {
        const std::string_view path = raw.substr(0, raw.find('?'));
        const TargetVerdict verdict = append_escaped_path(path, out.text);
        if (verdict != TargetVerdict::fine) return verdict;
        raw.remove_prefix(path.size());
        remove_dot_segments(out.text);
    }
    out.path_size = out.text.size();
    out.has_query = !raw.empty();
    return append_query(raw, out.text);
}

namespace {

bool is_ipv6(std::string_view address) {
    std::array<char, INET6_ADDRSTRLEN> text{};  // inet_pton wants a terminated string
    in6_addr ignored;
    if (address.size() >= text.size() || address.find('\0') != std::string_view::npos) return false;
    std::copy(address.begin(), address.end(), text.begin());
    return inet_pton(AF_INET6, text.data(), &ignored) == 1;
}

// Labels of host bytes; a dot may end the name but not begin it or follow another.
bool is_host_name(std::string_view name) {
    constexpr std::size_t longest = 254;  // RFC 1035 section 2.3.4, with the trailing dot
    if (name.empty() || name.size() > longest) return false;
    for (char before = '.'; const char c : name) {
        if (!is(host_byte, c) || (c == '.' && before == '.')) return false;
        before = c;
    }
    return true;
}

// `port` as it is canonical, empty when it goes without saying. False: no port.
bool canonical_port(std::string_view& port, bool https) {
    if (!std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; })) return false;
    while (port.size() > 1 && port[0] == '0') port.remove_prefix(1);
    if (port.size() > 5 || (port.size() == 5 && port > "65535")) return false;
    if (port == (https ? "443" : "80")) port = {};
    return true;
}

}  // namespace

bool canonical_authority(std::string_view raw, bool https, std::string& out) {
    out.clear();
    std::size_t host = 0, name = 0;  // with and without the dot of a fully qualified name
    if (!raw.empty() && raw[0] == '[') {
        const std::size_t end = raw.find(']');
        if (end == std::string_view::npos || !is_ipv6(raw.substr(1, end - 1))) return false;
        name = host = end + 1;
    } else {
        host = std::min(raw.find(':'), raw.size());
        if (!is_host_name(raw.substr(0, host))) return false;
        name = raw[host - 1] == '.' ? host - 1 : host;
    }
    std::string_view port = raw.substr(host);
    if (!port.empty()) {
        if (port[0] != ':') return false;
        port.remove_prefix(1);
        if (!canonical_port(port, https)) return false;
    }
    out.reserve(name + 1 + port.size());
    for (const char c : raw.substr(0, name)) out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c);
    if (!port.empty()) out.append(1, ':').append(port);
    return true;
}

TargetVerdict request_authority(const Target& target, bool host_present, std::string_view host, bool https,
                                std::string& out) {
    out.clear();
    if (host_present && !canonical_authority(host, https, out)) return TargetVerdict::bad_authority;
    if (target.authority.empty()) return TargetVerdict::fine;
    if ((target.scheme == "https") != https) return TargetVerdict::wrong_scheme;
    std::string named;
    if (!canonical_authority(target.authority, https, named)) return TargetVerdict::bad_authority;
    if (host_present && named != out) return TargetVerdict::hosts_differ;
    out = std::move(named);
    return TargetVerdict::fine;
}

const char* word(TargetVerdict verdict) {
    switch (verdict) {
        case TargetVerdict::fine:
            return "fine";
        case TargetVerdict::bad_form:
            return "bad form of the request target";
        case TargetVerdict::bad_byte:
            return "byte not allowed in the request target";
        case TargetVerdict::bad_escape:
            return "bad percent escape in the request target";
        case TargetVerdict::bad_authority:
            return "bad host";
        case TargetVerdict::hosts_differ:
            return "Host differs from the request target";
        case TargetVerdict::wrong_scheme:
            return "scheme of another connection";
    }
    return "";
}

int status(TargetVerdict verdict) {
    if (verdict == TargetVerdict::fine) return 0;
    return verdict == TargetVerdict::wrong_scheme ? 421 : 400;
}

}  // namespace larder::policy
