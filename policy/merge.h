// Freshening a stored response with what a 304 or a HEAD brought (RFC 9111 sections 3.2, 4.3.3 to 4.3.5).
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "policy/fields.h"
#include "policy/response.h"
#include "storage/object.h"

namespace larder::policy {

// The stored fields, with those of the new response in the place of all of the same name. Not replaced: what is not
// stored anyway (policy/end_to_end.h), and Content-Encoding, Content-Range and digests, which belong to the body that
// stays (section 3.2 allows it). Without a Date in the new response, its time of receipt becomes the Date.
std::string merged_fields(std::string_view stored, const Response& update, const Rules&);

// Is this 304 about this object (section 4.3.4)? Where both have an ETag, that decides: a strong one has to be the
// same, a weak one may be that of a strong one. Else Last-Modified has to be the same. A 304 without any validator is
// about the object whose validators were sent; origins leave them out often. Any other names another representation:
// nothing of what is stored may be renewed by it, neither fields nor times.
bool freshens(const Fields& of_the_304, const storage::Object&);

enum class HeadEffect {
    none,         // says nothing about it: it stays fresh, expired or invalidated, as it is
    freshens,     // merge its fields as those of a 304
    invalidates,  // the origin has another representation by now: the object is stale
};

// What the response to a forwarded HEAD says about the object that a GET would have got (section 4.3.5). Both have to
// be a 200. `invalidates`: its ETag, Last-Modified or Content-Length is another than the object's, or an ETag or
// Last-Modified which the object lacks. `freshens`: nothing differs, and a validator is the same. `none`: all else.
// Stricter than the RFC, which takes a response without any validator for a match: that proves nothing, and would keep
// an outdated body in use for as long as somebody sends HEAD.
HeadEffect head_effect(const Response& to_head, const storage::Object&);

}  // namespace larder::policy
