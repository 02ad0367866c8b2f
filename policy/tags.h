// The tags that an origin gives to a response, for purges by tag.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/fields.h"

namespace larder::policy {

inline constexpr std::size_t most_tags = 8192;                  // what 64 KiB hold of tags that say something
inline constexpr std::size_t most_tag_bytes = 1024;             // a tag
inline constexpr std::size_t most_tag_bytes_total = 64 * 1024;  // a response

// From Surrogate-Key (separated by spaces), Cache-Tag (by commas), xkey (by spaces or commas), Cache-Groups (RFC 9875:
// a structured list of strings; ill-formed, it is ignored as a whole), these as group_tag(). Each once, in the order
// found, case kept. nullopt: more, or longer, than the limits; such a response must not be stored, since a purge would
// miss it. Pure; any thread; does not allocate where there are none.
std::optional<std::vector<std::string>> tags(const Fields& response);

// A group as it stands among the tags of what is stored: apart from the tag of the same name, since any response of an
// origin may invalidate groups (RFC 9875 section 3), but only the operator what the other fields name. It begins with a
// line feed, which no field holds. Pure.
std::string group_tag(std::string_view group);

// The names of stored tags, those of groups without their mark, each once; the marks of policy/no_vary_search.h are no
// tags. Pure.
std::vector<std::string> tag_names(const std::vector<std::string>& stored);

// What is stored of the tags with this name: the tag and the group. Pure.
std::vector<std::string> tags_named(std::string_view name);

}  // namespace larder::policy
