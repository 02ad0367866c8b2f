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

// Are the fields of this 304 those of this object (section 4.3.4)? Its ETag decides, else its Last-Modified. One
// without any validator is about the object whose validators were sent; origins leave them out often.
bool freshens(const Fields& of_the_304, const storage::Object&);

enum class HeadEffect {
    none,         // says nothing about it
    freshens,     // merge its fields as those of a 304
    invalidates,  // the origin has another representation by now: the object is stale
};

// What the response to a forwarded HEAD says about the object that a GET would have got (section 4.3.5).
HeadEffect head_effect(const Response& to_head, const storage::Object&);

}  // namespace larder::policy
