// A key text taken apart, and what of it names the resource. Pure; any thread. Views lead into the text.
#pragma once

#include <string_view>

namespace larder::policy {

// `http://api.example.com/a?b=1 Accept=x`. A text that is no absolute URL has an empty authority, and its path is all
// that is before query and fields.
struct KeyParts {
    explicit KeyParts(std::string_view key_text);

    std::string_view prefix;     // up to the query: "http://api.example.com/a"
    std::string_view authority;  // "api.example.com"
    std::string_view target;     // path and query: "/a?b=1"
    std::string_view path;       // "/a"
    std::string_view query;      // "b=1"
    std::string_view fields;     // " Accept=x"; empty: none
};

// The authority without port 80 or 443: what the spellings of one host under both schemes have in common.
std::string_view plain_authority(std::string_view authority);

}  // namespace larder::policy
