// Shapes of text that settings and flags share. A shape gives the canonical value, or nullopt. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/forms.h"

namespace larder::config {

std::optional<std::string> address_shape(std::string_view);        // HOST:PORT, [IPv6]:PORT, :PORT
std::optional<std::string> admin_shape(std::string_view);          // an address, or off
std::optional<std::string> request_path_shape(std::string_view);   // /path[?query], normalised
std::optional<std::string> prefix_shape(std::string_view);         // /path without / at its end, normalised
std::optional<std::string> upstream_host_shape(std::string_view);  // preserve, upstream, HOST or HOST:PORT
std::optional<std::string> token_shape(std::string_view);          // a field or cookie name
std::optional<std::string> resource_type_shape(std::string_view);  // WORKOUT, MY_TYPE_2
std::optional<std::string> directory_shape(std::string_view);      // a path without .., not . and not /
std::optional<std::string> lift_shape(std::string_view);           // no-store, private, authorization

std::optional<std::string> coding_shape(std::string_view);    // a token, in lower case
std::optional<std::string> language_shape(std::string_view);  // subtags of 1 to 8 letters or digits, in lower case

inline Shaped<std::string> address_form() {
    return {address_shape, "HOST:PORT, [IPv6]:PORT or :PORT, without http://, the port from 0 to 65535"};
}
inline Shaped<Server> server_form() {
    return {parse_server,
            "http://HOST[:PORT] or https://HOST[:PORT], without user, path and query, the port from 1 to 65535"};
}
inline Shaped<std::string> field_name_form() {
    return {token_shape, "a field name such as Accept-Language"};
}

}  // namespace larder::config
