// Cache-Control for this cache alone, or for its kind (RFC 9213): Larder-Cache-Control, CDN-Cache-Control and others of
// that syntax.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/cache_control.h"

namespace larder::policy {

// What the first of these fields says that is there and valid: a dictionary (RFC 8941) with a caching directive that is
// known here and says something. It then stands alone, Cache-Control and Expires mean nothing. nullopt: none is; so a
// field with other words alone, as Surrogate-Control: content="ESI/1.0", leaves Cache-Control in force. A directive
// whose value has the wrong type is left out where it grants something, and taken whole where it restricts (section
// 2.1).
//
// A field that exceeds_dictionary() (policy/structured.h) is malformed as a Cache-Control can be: nothing that it
// comes with is stored. What it says may be stricter than Cache-Control. Pure; any thread.
std::optional<ResponseDirectives> targeted_directives(const Fields& response, const std::vector<std::string>& targets);

}  // namespace larder::policy
