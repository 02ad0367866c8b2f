// Cache-Control, parsed once (RFC 9111 section 5.2, RFC 5861).
//
// Pure; any thread. Names and tokens without case; an argument may be a token or a quoted string. What is said twice
// counts in its stricter form. A max-age or s-maxage that is not a number of seconds counts as 0, so the response is
// stale (RFC 9111 section 4.2.1). Numbers are clamped to 2^31 seconds.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/fields.h"
#include "storage/time.h"

namespace larder::policy {

// Pragma in a response means nothing (RFC 9111 section 5.4). immutable asks nothing of a shared cache (RFC 8246).
struct ResponseDirectives {
    bool no_store = false;
    bool no_cache = false;    // without field names
    bool is_private = false;  // without field names
    bool is_public = false;
    bool must_revalidate = false;
    bool proxy_revalidate = false;
    bool must_understand = false;
    bool targeted = false;   // from a field of RFC 9213: Expires means nothing beside it
    bool no_guess = false;   // such a field displaced private, no-store or no-cache: no lifetime but an explicit one
    bool malformed = false;  // some element is not token [ "=" ( token / quoted-string ) ]

    // The smallest of several. RFC 9111 section 4.2.1 proposes the first, or none; the smallest is never fresher than
    // the first, whatever order an intermediary combined them in.
    std::optional<storage::Seconds> max_age;
    std::optional<storage::Seconds> s_maxage;
    std::optional<storage::Seconds> stale_while_revalidate;
    std::optional<storage::Seconds> stale_if_error;

    std::vector<std::string> no_cache_fields;  // no-cache="f": lower-case names
    std::vector<std::string> private_fields;   // private="f"

    bool operator==(const ResponseDirectives&) const = default;
};

struct RequestDirectives {
    bool no_store = false;
    bool no_cache = false;
    bool only_if_cached = false;
    std::optional<storage::Seconds> max_age;
    std::optional<storage::Seconds> min_fresh;
    std::optional<storage::Seconds> max_stale;  // without an argument: 2^31
    std::optional<storage::Seconds> stale_if_error;

    bool operator==(const RequestDirectives&) const = default;
};

ResponseDirectives parse_response_directives(const Fields& response);

// Pragma: no-cache counts as no-cache when there is no Cache-Control (RFC 9111 section 5.4). Does not allocate.
RequestDirectives parse_request_directives(const Fields& request);

}  // namespace larder::policy
