// May a response be stored (RFC 9111 section 3)? Stricter than the RFC where a shared cache could leak.
#pragma once

#include "policy/response.h"

namespace larder::policy {

enum class StoreVerdict {
    storable,
    method,        // not GET
    request_body,  // a GET with a body: its response may depend on what is not in the key
    request_no_store,
    range_request,
    status,           // interim, 304, of one request only, or not understood although it must be
    partial,          // 206
    request_error,    // 400 and others that tell one client what was wrong with its request
    usable_stored,    // an error, where a 2xx is still of use (policy/replacement.h); storable() never says so
    self_redirect,    // Location is the request's own URL
    connection_auth,  // a challenge of NTLM or Negotiate
    clear_site_data,
    malformed_cache_control,
    no_store,
    private_response,
    authorization,  // without public, s-maxage or must-revalidate
    set_cookie,     // or Set-Cookie2
    request_cookie,
    vary_star,    // or a member that is no field name
    vary_bypass,  // on a field that the strategy says so of
    vary_too_long,
    vary_unselectable,      // on a field that Larder writes for each request, and that is not in the key
    reflection,             // it repeats an unkeyed request field where clients are led by it
    too_many_tags,          // a purge by a tag that was left out would miss it
    no_explicit_freshness,  // POST needs it; CACHE_ASIDE stores only what the application asked for
    not_cacheable,          // neither explicit freshness, nor public, nor a status that is cacheable by itself
    useless,                // never fresh, never usable stale, and nothing to validate it with
};

// The reason in lower case with hyphens, as in Cache-Status, logs and metrics.
const char* word(StoreVerdict);

// Where the rule behind it stands, or the setting: "RFC 9111 section 5.2.2.5", "set_cookie".
const char* clause(StoreVerdict);

// The first reason against it, or `storable`. Pure; any thread. Vary names more than 16 fields or takes more than
// 1,024 bytes, or the request's values for them do: vary_too_long. To store the response is still the caller's decision
// (size, uniqueness, overload).
StoreVerdict storable(const Request&, const Response&, const Rules&);

}  // namespace larder::policy
