// Keeps the upstreams' servers known: resolves their names again and again, and runs their active health checks. On the
// control thread's loop; names are resolved by Asio's resolver thread, never on a worker.
#pragma once

#include "proxy/events.h"
#include "proxy/task.h"
#include "proxy/upstream/upstream.h"

namespace larder::proxy {

// Both run until the executor's context stops. `upstream` outlives it.
Task<void> keep_resolved(Executor executor, Upstream& upstream, std::shared_ptr<OriginServer> server, Events& events);
Task<void> keep_checked(Executor executor, Upstream& upstream, std::shared_ptr<OriginServer> server, Events& events);

}  // namespace larder::proxy
