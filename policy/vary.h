// Which of a key's stored responses a request may have (RFC 9111 section 4.1).
//
// Pure; any thread. `request` is what the origin gets (policy/forwarded_fields.h), where lists are one line and what
// the strategy normalises is normalised: values are compared byte by byte, lines one by one, so that two requests that
// differ for the origin differ here. A field that is absent and one that is empty differ.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "policy/fields.h"
#include "storage/object.h"

namespace larder::policy {

// The names in all Vary lines: lower case, each once, in the order of their first mention. nullopt: no request matches,
// because of `*` or because a member is not a field name. A response in a coding of RFC 9842 (dcb, dcz) varies by
// Accept-Encoding and Available-Dictionary also where it forgot to say so.
std::optional<std::vector<std::string>> vary_names(const Fields& response);

// The same, and with `implied_vary` what the response shows that it varies by: Accept-Encoding where it has a
// Content-Encoding, Origin where Access-Control-Allow-Origin repeats the request's.
std::optional<std::vector<std::string>> vary_names(const Fields& response, const Fields& request,
                                                   const config::StrategyConfiguration&);

// Of such names the first whose value at the origin no stored value can stand for (is_unselectable()), since it is not
// in the key either; empty: there is none.
std::string unselectable_name(const std::vector<std::string>& names, const config::StrategyConfiguration&);

// What the strategy says of a field, or of all that it does not name (`*`), or what holds where it says nothing.
config::VaryPolicy vary_policy(const config::StrategyConfiguration&, std::string_view name);

// What a request has for these (lower-case) names: the `vary` of the object that is stored for it.
std::vector<storage::VaryField> select_fields(const std::vector<std::string>& names, const Fields& request);

// What of a request decides between variants.
struct Selecting {
    Selecting(const Fields& request, std::string_view first = {}) : fields(request), first_language(first) {}

    const Fields& fields;
    // What it prefers to all other languages (policy/negotiation.h); empty: none, or it is not to be looked at.
    std::string_view first_language;
};

// Does not allocate.
bool vary_matches(const std::vector<storage::VaryField>&, const Fields& request);

// The most recent one that matches, or nullptr. Where none does, one whose Content-Language is the request's first
// choice, and that matches but for Accept-Language, if it was stored for a canonical one (policy/negotiation.h) with
// the same first choice: no other could be preferred to it. Does not allocate.
const storage::Object* choose_variant(const storage::VariantSet&, const Selecting& request);

}  // namespace larder::policy
