// Refreshing a stored response behind the back of those who are served the stale one (RFC 5861 section 3).
#pragma once

#include "proxy/exchange.h"
#include "proxy/hit.h"

namespace larder::proxy {

// At most one for a key at a time; returns at once. The exchange is copied, its client is not waited for. The request
// is the cache's own: the client's directives, credentials and cookies stay out of it, as far as they are neither in
// the key nor what the stale response varies by.
void revalidate_in_background(Worker& worker, const Exchange& exchange, const Hit& stale);

}  // namespace larder::proxy
