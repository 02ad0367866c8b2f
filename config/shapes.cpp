#include "config/shapes.h"

#include <algorithm>
#include <filesystem>

#include "config/pattern.h"

namespace larder::config {

std::optional<std::string> address_shape(std::string_view text) {
    const auto address = parse_address(text);
    if (!address) return std::nullopt;
    const bool v6 = address->host.find(':') != npos;
    return (v6 ? "[" + address->host + "]:" : address->host + ":") + std::to_string(address->port);
}

std::optional<std::string> admin_shape(std::string_view text) {
    return text == "off" ? std::optional(std::string(text)) : address_shape(text);
}

std::optional<std::string> request_path_shape(std::string_view text) {
    const std::size_t question = std::min(text.find('?'), text.size());
    auto path = normalise_path(text.substr(0, question));
    if (!path || text.size() > 2048) return std::nullopt;
    const std::string_view query = text.substr(question);
    // RFC 3986 section 3.4: printable ASCII, no fragment.
    if (std::ranges::any_of(query, [](char c) { return c <= 0x20 || c >= 0x7f || c == '#' || c == '"'; }))
        return std::nullopt;
    return *path + std::string(query);
}

std::optional<std::string> prefix_shape(std::string_view text) {
    if (text.size() < 2 || text.size() > 2048 || text.ends_with('/') || text.find("//") != npos) return std::nullopt;
    auto path = normalise_path(text);
    if (!path) return std::nullopt;
    const std::string bounded = *path + "/";
    if (bounded.find("/./") != npos || bounded.find("/../") != npos) return std::nullopt;
    return path;
}

std::optional<std::string> upstream_host_shape(std::string_view text) {
    if (text == "preserve" || text == "upstream") return std::string(text);
    if (parse_host(text)) return lower_case(text);
    const auto address = parse_address(text);
    return address && !address->host.empty() && address->port != 0 ? address_shape(text) : std::nullopt;
}

std::optional<std::string> token_shape(std::string_view text) {
    return is_token(text) && text.size() <= 256 ? std::optional(std::string(text)) : std::nullopt;
}

std::optional<std::string> resource_type_shape(std::string_view text) {
    const auto fits = [](char c) { return (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_'; };
    if (text.empty() || text.size() > 50 || is_digit(text[0]) || !std::ranges::all_of(text, fits)) return std::nullopt;
    return std::string(text);
}

std::optional<std::string> directory_shape(std::string_view text) {
    if (text.empty() || text.size() > 1024 || std::ranges::any_of(text, is_control)) return std::nullopt;
    const std::filesystem::path path(text);
    if (std::ranges::find(path, "..") != path.end()) return std::nullopt;
    std::string canonical = path.lexically_normal().string();
    while (canonical.ends_with('/')) canonical.pop_back();
    return canonical.empty() || canonical == "." ? std::nullopt : std::optional(canonical);
}

std::optional<std::string> coding_shape(std::string_view text) {
    return is_token(text) && text.size() <= 32 && text != "*" ? std::optional(lower_case(text)) : std::nullopt;
}

std::optional<std::string> language_shape(std::string_view text) {
    return is_language_tag(text) && text.size() <= 64 ? std::optional(lower_case(text)) : std::nullopt;
}

std::optional<std::string> lift_shape(std::string_view text) {
    const bool known = text == "no-store" || text == "private" || text == "authorization";
    return known ? std::optional(std::string(text)) : std::nullopt;
}

}  // namespace larder::config
