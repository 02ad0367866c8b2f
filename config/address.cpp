#include "config/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "config/characters.h"

namespace larder::config {
namespace {

using Bytes = std::array<unsigned char, 16>;

constexpr Bytes mapped_prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// IPv4 becomes IPv4-mapped IPv6.
std::optional<Bytes> parse_ip(std::string_view text) {
    const std::string zero_ended(text);
    if (zero_ended.find('\0') != npos) return std::nullopt;
    Bytes bytes = mapped_prefix;
    if (inet_pton(AF_INET, zero_ended.c_str(), bytes.data() + 12) == 1) return bytes;
    if (inet_pton(AF_INET6, zero_ended.c_str(), bytes.data()) == 1) return bytes;
    return std::nullopt;
}

bool is_mapped(const unsigned char* bytes) {
    return std::memcmp(bytes, mapped_prefix.data(), 12) == 0;
}

std::string ip_text(const unsigned char* bytes) {
    char buffer[INET6_ADDRSTRLEN];
    const bool v4 = is_mapped(bytes);
    return inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? bytes + 12 : bytes, buffer, sizeof buffer);
}

template <class T>
std::optional<T> parse_decimal(std::string_view text, T most) {
    std::uint64_t value = 0;
    if (text.empty() || !is_digit(text[0])) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value > std::uint64_t{most}) return std::nullopt;
    return static_cast<T>(value);
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
    return parse_decimal<std::uint16_t>(text, 65535);
}

bool is_name(std::string_view text) {
    if (text.empty() || text.size() > 253) return false;
    std::size_t label = 0;
    bool digits = true;  // the last label: a name that ends in a number would be read as an IPv4 address by some
    for (char c : text) {
        if (c == '.') {
            if (label == 0) return false;
            label = 0;
            digits = true;
            continue;
        }
        if (!is_alphanumeric(c) && c != '-' && c != '_') return false;
        digits = digits && is_digit(c);
        if (++label > 63) return false;
    }
    return label > 0 && !digits;
}

bool is_loopback(std::string_view host) {
    if (host == "localhost" || host.ends_with(".localhost")) return true;
    const auto ip = parse_ip(host);
    if (!ip) return false;
    return is_mapped(ip->data()) ? (*ip)[12] == 127 : ip_text(ip->data()) == "::1";
}

bool is_any(std::string_view host) {
    return host.empty() || host == "0.0.0.0" || host == "::";
}

// HOST or HOST:PORT, not yet checked.
struct Split {
    std::string_view host;
    std::optional<std::string_view> port;
};

Split split_port(std::string_view text) {
    const std::size_t bracket = text.rfind(']');
    const std::size_t colon = text.find(':', bracket == npos ? 0 : bracket);
    if (colon == npos) return {text, std::nullopt};
    return {text.substr(0, colon), text.substr(colon + 1)};
}

}  // namespace

std::optional<std::string> parse_host(std::string_view text) {
    if (text.starts_with('[') && text.ends_with(']') && text.size() > 2) {
        const std::string_view inner = text.substr(1, text.size() - 2);
        const auto ip = parse_ip(inner);
        if (!ip || inner.find(':') == npos) return std::nullopt;
        return ip_text(ip->data());
    }
    if (text.find(':') != npos) return std::nullopt;
    if (const auto ip = parse_ip(text)) return ip_text(ip->data());
    if (!is_name(text)) return std::nullopt;
    return lower_case(text);
}

bool is_ip_literal(std::string_view host) {
    return parse_ip(host).has_value();
}

std::optional<HostPort> parse_address(std::string_view text) {
    const Split split = split_port(text);
    const auto port = split.port ? parse_port(*split.port) : std::nullopt;
    if (!port) return std::nullopt;
    if (split.host.empty()) return HostPort{"", *port};
    auto host = parse_host(split.host);
    if (!host) return std::nullopt;
    return HostPort{std::move(*host), *port};
}

std::optional<Cidr> parse_cidr(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto ip = parse_ip(text.substr(0, slash));
    if (!ip) return std::nullopt;
    const int offset = text.substr(0, slash).find(':') == npos ? 96 : 0;
    Cidr cidr;
    if (slash != npos) {
        const auto bits = parse_decimal<unsigned>(text.substr(slash + 1), static_cast<unsigned>(128 - offset));
        if (!bits) return std::nullopt;
        cidr.prefix_bits = static_cast<int>(*bits) + offset;
    }
    std::ranges::copy(*ip, cidr.address);
    for (int bit = cidr.prefix_bits; bit < 128; ++bit) {
        if (cidr.address[bit / 8] & (0x80 >> (bit % 8))) return std::nullopt;
    }
    return cidr;
}

std::string to_string(const Cidr& cidr) {
    const bool v4 = is_mapped(cidr.address) && cidr.prefix_bits >= 96;
    return ip_text(cidr.address) + "/" + std::to_string(cidr.prefix_bits - (v4 ? 96 : 0));
}

std::optional<Server> parse_server(std::string_view url) {
    const std::size_t colon = url.find("://");
    if (colon == npos) return std::nullopt;
    const std::string scheme = lower_case(url.substr(0, colon));
    if (scheme != "http" && scheme != "https") return std::nullopt;
    std::string_view authority = url.substr(colon + 3);
    if (authority.ends_with('/')) authority.remove_suffix(1);
    const Split split = split_port(authority);
    auto host = parse_host(split.host);
    if (!host) return std::nullopt;
    Server server{scheme == "https", std::move(*host), static_cast<std::uint16_t>(scheme == "https" ? 443 : 80)};
    if (split.port) {
        const auto port = parse_port(*split.port);
        if (!port || *port == 0) return std::nullopt;
        server.port = *port;
    }
    return server;
}

std::string to_string(const Server& server) {
    const bool v6 = server.host.find(':') != npos;
    return std::string(server.tls ? "https://" : "http://") + (v6 ? "[" : "") + server.host + (v6 ? "]:" : ":") +
           std::to_string(server.port);
}

bool reaches(const Server& server, const HostPort& listener) {
    if (server.port != listener.port) return false;
    if (server.host == listener.host || is_any(server.host)) return true;
    if (is_any(listener.host)) return is_loopback(server.host);
    return is_loopback(server.host) && is_loopback(listener.host);
}

bool collide(const HostPort& a, const HostPort& b) {
    return a.port != 0 && a.port == b.port && (a.host == b.host || is_any(a.host) || is_any(b.host));
}

}  // namespace larder::config
