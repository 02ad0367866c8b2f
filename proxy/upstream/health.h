// Keeps the upstreams' servers known: resolves their names again and again, and runs their active health checks. On the
// control thread's loop; names are resolved by Asio's resolver thread, never on a worker.
#pragma once

#include "proxy/events.h"
#include "proxy/task.h"
#include "proxy/upstream/upstream.h"

namespace larder::proxy {

// Both run until the executor's context stops, or nobody else has the upstream any more.
Task<void> keep_resolved(Executor executor, std::weak_ptr<Upstream> upstream, std::shared_ptr<OriginServer> server,
                         Events& events);
Task<void> keep_checked(Executor executor, std::weak_ptr<Upstream> upstream, std::shared_ptr<OriginServer> server,
                        Events& events);

// Resolves the server's name once; within `most` it is known, or the attempt given up.
Task<void> resolve_once(Executor executor, std::shared_ptr<OriginServer> server, std::chrono::milliseconds most);

}  // namespace larder::proxy
