// Which of a key's stored responses a request may have (RFC 9111 section 4.1).
//
// Pure; any thread. Field values are compared normalised: lines combined, white space around commas removed; without
// case for Accept-Encoding and Accept-Language, whose members have none; with case for all others. A field that is
// absent and one that is empty differ.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/fields.h"
#include "storage/object.h"

namespace larder::policy {

// The names in all Vary lines: lower case, each once, in the order of their first mention. nullopt: no request matches,
// because of `*` or because a member is not a field name.
std::optional<std::vector<std::string>> vary_names(const Fields& response);

// What a request has for these (lower-case) names: the `vary` of the object that is stored for it.
std::vector<storage::VaryField> select_fields(const std::vector<std::string>& names, const Fields& request);

// Does not allocate.
bool vary_matches(const std::vector<storage::VaryField>&, const Fields& request);

// The most recent one that matches, or nullptr. Does not allocate.
const storage::Object* choose_variant(const storage::VariantSet&, const Fields& request);

}  // namespace larder::policy
