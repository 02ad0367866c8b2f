// HEAD that no fresh stored response answers: goes to the origin as HEAD, and what it says updates what is stored.
#pragma once

#include "proxy/exchange.h"
#include "proxy/hit.h"
#include "proxy/task.h"

namespace larder::proxy {

// The response may freshen the stored object, or make it stale (policy/merge.h); if the origin fails, the stored
// one answers as far as stale-if-error allows.
Task<void> pass_head(Worker& worker, Exchange& exchange, Downstream& client, Hit hit);

}  // namespace larder::proxy
