// What a response from the origin may do to what is stored already: one request's answer must not cost the others
// theirs. Pure; any thread.
#pragma once

#include "policy/response.h"
#include "storage/object.h"

namespace larder::policy {

// Fresh, or within the time in which it may answer for an origin that fails (RFC 5861 section 4).
bool is_usable(const storage::Object&, UnixTime now);

// Whether this response, if it were stored, would stand before `held` for some request, and must not: an error before a
// 2xx that is_usable(). Only 404 and 410, which say that the resource is gone, may stand before one that is not fresh
// any more. Responses that differ in a field which both vary by do not meet.
bool displaces_usable(const storage::Object& response, const storage::Object& held, UnixTime now);

// Whether the answer to a validation of `stale`, which is not stored itself, ends what was validated. 404 and 410 do,
// unless it is fresh. Other errors do not. Neither does anything else as long as it is_usable(): that a redirect or a
// page is not stored says nothing of what others get, and they may need the stored one when the origin fails.
bool ends_validated(int status, const storage::Object& stale, UnixTime now);

}  // namespace larder::policy
