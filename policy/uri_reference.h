// Location and Content-Location, read against the URI of the request that they answer (RFC 3986 section 5).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace larder::policy {

// An http or https URI in pieces: "http", "example.com:8080", "/a/b?c". The path carries the query and is not empty.
struct UriView {
    std::string_view scheme;
    std::string_view authority;
    std::string_view path;
};

// The URI that the reference names, without fragment and with the base's own scheme and authority. nullopt: it names
// another origin (RFC 9110 section 4.3.1), is empty, or holds a byte that no URI has. Pure; any thread.
std::optional<std::string> resolve_same_origin(const UriView& base, std::string_view reference);

}  // namespace larder::policy
