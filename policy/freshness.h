// How long a response may be reused without asking the origin (RFC 9111 section 4.2, RFC 5861), after the strategy's
// say.
#pragma once

#include <optional>

#include "policy/response.h"
#include "storage/object.h"

namespace larder::policy {

// corrected_initial_age (RFC 9111 section 4.2.3). Only the first member of Age counts; if that is not a whole number of
// seconds, the field is ignored (section 5.1). Pure; any thread.
storage::Seconds initial_age(const Response&);

// What s-maxage, max-age or Expires give, in that order; nullopt: none of them is there. Ill-formed ones, and several
// Expires that differ, give 0; beside targeted directives Expires means nothing. Pure; any thread.
std::optional<storage::Seconds> explicit_freshness(const Response&, const ResponseDirectives&);

// Where a lifetime comes from.
enum class LifetimeSource {
    strategy,  // its ttl
    no_cache,  // none: always validate
    s_maxage,
    max_age,
    expires,    // minus Date
    heuristic,  // of Last-Modified
    nothing,
};
// "s-maxage", and where the rule stands: "RFC 9111 section 4.2.1".
const char* word(LifetimeSource);
const char* clause(LifetimeSource);

struct Freshness {
    storage::Seconds seconds = 0;
    LifetimeSource source = LifetimeSource::nothing;
    bool capped = false;  // by the strategy: ttl_mode `cap`, error_ttl_max
};
// The lifetime alone. Pure; any thread.
Freshness freshness(const Request&, const Response&, const Rules&);

// Everything above together, for a response that storable() accepts. Pure; any thread.
//
// Heuristic freshness is a tenth of the time since Last-Modified, at most a day, and never for a personal request, nor
// where a targeted field displaced private, no-store or no-cache. The strategy's ttl under `default` holds only where
// the origin gives nothing explicit, and neither in these cases nor for 5xx. Under `override` it replaces everything,
// no-cache too; what forbids stale responses stays. Where stale responses are forbidden, stale-while-revalidate and
// stale-if-error are 0. The strategy's values for them apply where the origin names none: stale-while-revalidate to
// what is fresh for a while, stale-if-error also to what has explicit freshness of 0. Of a 4xx or 5xx neither goes on
// longer than error_ttl_max.
storage::Lifetime lifetime(const Request&, const Response&, const Rules&);

}  // namespace larder::policy
