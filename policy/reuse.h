// May a stored response answer this request (RFC 9111 section 4, RFC 5861)?
//
// Pure; any thread; does not allocate. Request directives are honoured as the strategy says: `obey` all of them; `safe`
// only those that cannot force a request to the origin (only-if-cached, max-stale; no-store concerns storing); `ignore`
// none.
#pragma once

#include "config/config.h"
#include "policy/cache_control.h"
#include "policy/cache_status.h"
#include "storage/object.h"

namespace larder::policy {

enum class Reuse {
    fresh,                   // serve it
    stale_while_revalidate,  // serve it, and refresh it behind the client's back
    stale_accepted,          // serve it: the client takes stale ones (max-stale)
    validate,                // ask the origin, conditionally if it has a validator
    fetch,                   // there is nothing to reuse
    gateway_timeout,         // only-if-cached, and nothing usable: 504 (RFC 9111 section 5.2.1.7)
};

// "stale-while-revalidate" and so on.
const char* word(Reuse);

struct Decision {
    Reuse reuse = Reuse::fetch;
    Forward forward = Forward::none;  // for validate and fetch: why
    bool operator==(const Decision&) const = default;
};

// For the object that policy/vary.h chose.
Decision decide(const storage::Object&, const RequestDirectives&, config::RequestDirectives mode,
                storage::UnixTime now);

// When it was stored under other rules than are in force (policy/fingerprint.h): it is not fresh whatever its times
// say.
Decision decide_outdated(const RequestDirectives&, config::RequestDirectives mode);

// When there is none. `other_variants`: the key has stored responses, only not for this request.
Decision decide_absent(bool other_variants, const RequestDirectives&, config::RequestDirectives mode);

// An error in the sense of stale-if-error (RFC 5861 section 4); so is an origin that cannot be reached.
bool is_origin_error(int status);

// May it be served instead of an error of the origin's?
bool may_serve_on_error(const storage::Object&, const RequestDirectives&, config::RequestDirectives mode,
                        storage::UnixTime now);

}  // namespace larder::policy
