// The Cookie field of a request (RFC 6265 section 4.2.1). Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "policy/fields.h"

namespace larder::policy {

// The values of that name (names are case-sensitive), in their order, with ';' between them, which no value holds:
// which of several counts for the origin is not known. nullopt: there is none.
std::optional<std::string> cookie(const Fields& request, std::string_view name);

// The request has a cookie that is not among `known`, or one that cannot be read.
bool has_other_cookies(const Fields& request, const std::vector<std::string>& known);

// What an origin gets of a reading request's cookies under a strategy.
enum class ForwardedCookies {
    none,
    as_received,
    keyed,  // those of key_cookies, in its order: all that the key holds, written in one way
};
// `cookies`: the field's lines as one, with "; " between them. With `keyed`, appends the value to `out`.
ForwardedCookies forwarded_cookies(std::string& out, std::string_view cookies, const config::StrategyConfiguration&);

}  // namespace larder::policy
