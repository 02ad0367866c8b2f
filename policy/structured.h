// As much of structured fields (RFC 8941) as responses are read with.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace larder::policy {

// An sf-list whose members are all sf-strings, unescaped. Parameters are checked and dropped. nullopt: it is anything
// else, and then counts as absent as a whole (section 4.2). Pure; any thread.
std::optional<std::vector<std::string>> parse_string_list(std::string_view);

}  // namespace larder::policy
