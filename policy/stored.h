// A response made into what is stored of it. Pure; any thread.
#pragma once

#include "policy/response.h"
#include "policy/storable.h"
#include "storage/object.h"

namespace larder::policy {

// The head of the object that a storable() response becomes: fields, status, lifetime, times, validators, vary, tags.
// Body, strategy, resource and ticket are the caller's.
storage::Object stored_object(const Request&, const Response&, const Rules&);

struct Refreshed {
    storage::Object object;
    StoreVerdict verdict = StoreVerdict::storable;  // else the object answers this request alone
    bool drop_old = false;                          // not storable whoever asks; else the old one may stay as it is
};

// The object after a 304, or a HEAD, that freshens it (policy/merge.h; the caller has asked): merged head, the same
// body, strategy and resource. The ticket is the caller's. Judged anew, so that a 304 which adds private or Set-Cookie
// ends what is stored; who asked gets the body with the new head.
Refreshed refreshed_object(const storage::Object& old, const Request& request, const Response& update, const Rules&);

}  // namespace larder::policy
