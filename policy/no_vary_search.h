// No-Vary-Search: which query parameters a response does not depend on (draft-ietf-httpbis-no-vary-search).
//
// Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/fields.h"
#include "storage/object.h"

namespace larder::policy {

struct SearchVariance {
    bool key_order = false;          // the order of parameters with different names does not count
    bool only = false;               // only `names` count; else `names` do not count
    std::vector<std::string> names;  // decoded, in order, each once
    bool operator==(const SearchVariance&) const = default;

    bool ignores(std::string_view name) const;
};

// nullopt: the field is missing, says nothing, is not of its grammar, has more than 4 KiB, or names more than 64
// parameters in more than 2 KiB. Such a response answers its own URL alone.
std::optional<SearchVariance> search_variance(const Fields& response);

// One text for all queries (without `?`) that the variance makes equal: the parameters that count, decoded and encoded
// anew, sorted by name where their order does not count.
std::string canonical_search(std::string_view query, const SearchVariance&);

// A value of the field that means the same; of two variances that are equal the same text.
std::string field_value(const SearchVariance&);

// Known by its text, under a secret seed.
std::uint64_t variance_id(const SearchVariance&, std::uint64_t seed);

// A response that answers equivalent URLs too is found by them through a mark among its tags: one for all URLs of a
// resource that its own No-Vary-Search makes equal. No tag of an origin or an operator is one.
std::string search_mark(const SearchVariance&, std::string_view key_text, std::uint64_t seed);
bool is_search_mark(std::string_view tag);
// The variance_id() in the mark; nullopt: these tags have none.
std::optional<std::uint64_t> marked_variance(const std::vector<std::string>& tags);

// Whether a stored response that bears a mark answers, by its own field, the URL of another key: one of the same path,
// with a query that its No-Vary-Search makes equal. Hosts and key fields are the caller's to compare.
bool answers_too(const storage::Object& object, std::string_view own_key, std::string_view other_key);

}  // namespace larder::policy
