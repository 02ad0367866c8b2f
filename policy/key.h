// The key of a request: its normalised URL, and behind it ` Name=value` for each request field and ` Cookie.name=value`
// for each cookie that the strategy puts into the key. Values are percent-encoded, an absent one has no `=`, several
// lines or cookies of a name are all in it: two requests that differ in any of it never share a key. `request` is what
// the origin gets (policy/forwarded_fields.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/config.h"
#include "policy/fields.h"
#include "storage/key.h"

namespace larder::policy {

// `text` is the canonical path and query. `out` is overwritten; the result views it.
storage::KeyView make_key(std::string& out, std::string_view scheme, std::string_view authority, std::string_view text,
                          const Fields& request, const config::StrategyConfiguration& strategy,
                          std::uint64_t hash_seed);

// A key text (without fields behind) from the admin API: where its path begins, or npos if it is no absolute URL.
std::size_t path_offset(std::string_view key_text);

// scheme://AUTHORITY of a key text whose path begins at `offset`.
std::string_view authority_of(std::string_view key_text, std::size_t offset);
// The path of a key text, without query and what is behind.
std::string_view path_of(std::string_view key_text, std::size_t offset);

}  // namespace larder::policy
