// Requests that name a user, and the responses that may answer them: one rule for what is stored and what is served.
// Pure; any thread; does not allocate.
#pragma once

#include "policy/cache_control.h"
#include "policy/response.h"
#include "storage/object.h"

namespace larder::policy {

struct Credentials {
    bool authorization = false;  // Authorization, or one of personal_fields (has_credentials())
    bool cookies = false;        // a cookie that is neither ignored nor keyed (unkeyed_cookie())
    bool operator==(const Credentials&) const = default;
};

// What the request carries.
Credentials credentials_of(const Request&, const Rules&);

// What requests may carry whose response may be stored, and may be answered by what is stored, if the origin says
// this. With Authorization: public, s-maxage or must-revalidate (RFC 9111 section 3.5), or where the strategy lifts it.
// With cookies: public or s-maxage, since must-revalidate says nothing of whom a response is for.
Credentials permitted_credentials(const ResponseDirectives&, const Rules&);

// Whether the stored response may answer the request as far as it names a user. Where not, it is withheld: nothing says
// that this user would have got the same (safer than RFC 9111 section 4, which would allow it).
bool may_answer(const storage::Object&, const Request&, const Rules&);

}  // namespace larder::policy
