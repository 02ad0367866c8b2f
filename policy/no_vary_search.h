// No-Vary-Search: which query parameters a response does not depend on (draft-ietf-httpbis-no-vary-search).
//
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/fields.h"

namespace larder::policy {

struct SearchVariance {
    bool key_order = false;          // the order of parameters with different names does not count
    bool only = false;               // only `names` count; else `names` do not count
    std::vector<std::string> names;  // decoded
    bool operator==(const SearchVariance&) const = default;

    bool ignores(std::string_view name) const;
};

// nullopt: the field is missing, says nothing, is not of its grammar, or names more than 64 parameters in more than 2
// KiB. Such a response answers its own URL alone.
std::optional<SearchVariance> search_variance(const Fields& response);

// One text for all queries (without `?`) that the variance makes equal: the parameters that count, decoded and encoded
// anew, sorted by name where their order does not count.
std::string canonical_search(std::string_view query, const SearchVariance&);

}  // namespace larder::policy
