// Conditional requests (RFC 9110 section 13, RFC 9111 section 4.3): the client's, answered from a stored response; and
// ours.
//
// Pure; any thread; nothing here but validators() allocates.
#pragma once

#include <string>
#include <string_view>

#include "policy/fields.h"
#include "storage/object.h"

namespace larder::policy {

enum class Precondition {
    proceed,       // send the stored response as it is
    not_modified,  // send 304 with its fields
    to_origin,     // If-Match or If-Unmodified-Since: only the origin can answer (RFC 9111 section 4.3.2)
};

// The same opaque tag, weak or not (RFC 9110 section 8.8.3.2).
bool weakly_equal(std::string_view etag_a, std::string_view etag_b);
// The same opaque tag, and neither is weak.
bool strongly_equal(std::string_view etag_a, std::string_view etag_b);

// For GET and HEAD and a stored 2xx; anything else proceeds, except with If-Match or If-Unmodified-Since. Members of
// If-None-Match that are no entity-tags are compared byte by byte. An invalid If-Modified-Since means nothing.
Precondition evaluate(std::string_view method, const Fields& request, const storage::Object&, storage::UnixTime now);

// Does If-Range let Range apply (RFC 9110 section 13.1.5)? Yes, if there is none. A date counts if it is exactly
// Last-Modified, and that lies at least a second before Date (section 8.8.2.2).
bool if_range_holds(const Fields& request, const storage::Object&, storage::UnixTime now);

// What to send to have the object validated; empty: nothing.
struct Validators {
    std::string if_none_match;
    std::string if_modified_since;
};
Validators validators(const storage::Object&);

}  // namespace larder::policy
