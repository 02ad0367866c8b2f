// Accept-Encoding and Accept-Language in a form in which two values that ask for the same are the same (RFC 9110
// sections 12.4.2, 12.5.3 and 12.5.4; RFC 9111 section 4.1 allows to compare such forms).
//
// Lower case, the preferred first, those of equal weight by name, weights as short as they can be, one ", " between
// members. With `offered` (lower case) only what the origin has is left, with weights 1, 0.9, 0.8 and so on: which of
// them is preferred is all that the origin has to know. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace larder::policy {

// Into `out`, which is overwritten. False: the value is not of the field's grammar, has a member twice, or more than 64
// members; it is to be taken as it is. x-gzip and x-compress are the names without x-.
// Codings that are not registered are left out, or anybody could make as many values as they like of what the origin
// answers alike; what is left of them alone is "identity". With `offered` a coding that is
// acceptable only by `*` counts too, and where nothing of it is acceptable, what is left is "identity".
bool canonical_encodings(std::string& out, std::string_view value, const std::vector<std::string>& offered);

// The same for languages. With `offered`, a range asks for the offered tags that it is a prefix of (RFC 4647 section
// 3.3.1) and for those that are a prefix of it (section 3.4), the longest range for a tag counts, and `out` is empty
// where none is acceptable: the request is then as one without Accept-Language.
bool canonical_languages(std::string& out, std::string_view value, const std::vector<std::string>& offered);

// The value is what canonical_languages() makes of it without `offered`, and of something. Does not allocate.
bool is_canonical_languages(std::string_view value);

// Of a canonical value: the language that is preferred to all others; empty if there is none, or it is `*`.
std::string_view first_language(std::string_view canonical);

}  // namespace larder::policy
