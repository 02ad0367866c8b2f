// A request to the admin listener and its answer, without sockets.
#pragma once

#include <string>
#include <string_view>

#include "policy/fields.h"

namespace larder::proxy::admin {

// The field of every answer of an admin listener, by which the command line knows that it talks to one.
inline constexpr std::string_view marker = "Larder-Admin";

struct AdminRequest {
    std::string_view method;
    std::string_view target;  // canonical path and query
    std::string_view host;
    const policy::Fields& fields;
    std::string_view body;
    bool remote = false;  // came to a listener that is bound to no loopback address

    std::string_view path() const { return target.substr(0, target.find('?')); }
    std::string_view query() const {
        const std::size_t mark = target.find('?');
        return mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
    }
    bool reads() const { return method == "GET" || method == "HEAD"; }
};

struct AdminResponse {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::string fields;  // further lines
};

// An error as application/problem+json. `more`: further members as JSON text.
AdminResponse problem(int status, std::string_view detail, std::string_view more = {});

// 405 with Allow.
AdminResponse method_not_allowed(std::string_view allowed);

}  // namespace larder::proxy::admin
