// The Cookie field of a request (RFC 6265 section 4.2.1). Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/fields.h"

namespace larder::policy {

// The first value of that name (names are case-sensitive); nullopt: there is none.
std::optional<std::string_view> cookie(const Fields& request, std::string_view name);

// The request has a cookie that is not among `known`, one of them twice, or one that cannot be read.
bool has_other_cookies(const Fields& request, const std::vector<std::string>& known);

}  // namespace larder::policy
