// One text for all JSON texts (RFC 8259) that say the same.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace larder::proxy {

// Without white space, members in the order of their names, strings escaped as proxy/json.h does it. Numbers stay as
// they are written: 1 and 1.0 are not the same to every reader. nullopt: it is not JSON, nests deeper than 64 levels,
// or a name stands twice in an object, which readers take in different ways. Pure; any thread.
std::optional<std::string> canonical_json_text(std::string_view text);

}  // namespace larder::proxy
