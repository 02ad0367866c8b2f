// Cache-Control for this cache alone, or for its kind (RFC 9213): Larder-Cache-Control, CDN-Cache-Control and others of
// that syntax.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/cache_control.h"

namespace larder::policy {

// What the first of these fields says that is there and valid: a dictionary (RFC 8941) that is not empty. It then
// stands alone, Cache-Control and Expires mean nothing. nullopt: none is. A directive whose value has the wrong type is
// left out where it grants something, and taken whole where it restricts (section 2.1). Pure; any thread.
std::optional<ResponseDirectives> targeted_directives(const Fields& response, const std::vector<std::string>& targets);

}  // namespace larder::policy
