// The tags that an origin gives to a response, for purges by tag.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "policy/fields.h"

namespace larder::policy {

inline constexpr std::size_t most_tags = 8192;                  // what 64 KiB hold of tags that say something
inline constexpr std::size_t most_tag_bytes = 1024;             // a tag
inline constexpr std::size_t most_tag_bytes_total = 64 * 1024;  // a response

// From Surrogate-Key (separated by spaces), Cache-Tag (by commas), xkey (by spaces or commas), Cache-Groups (RFC 9875:
// a structured list of strings; ill-formed, it is ignored as a whole). Each once, in the order found, case kept.
// nullopt: more, or longer, than the limits; such a response must not be stored, since a purge would miss it.
// Pure; any thread; does not allocate where there are none.
std::optional<std::vector<std::string>> tags(const Fields& response);

}  // namespace larder::policy
