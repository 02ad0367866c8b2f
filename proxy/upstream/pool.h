// A worker's connections to all upstreams: idle ones to use again, new ones within each server's limit.
//
// Belongs to one worker, used on its thread; only shed() may be posted to it by others.
#pragma once

#include <list>
#include <memory>
#include <unordered_map>
#include <vector>

#include "proxy/upstream/connection.h"
#include "proxy/upstream/upstream.h"

namespace larder::proxy {

class Pool {
  public:
    explicit Pool(Worker& worker) : worker_(worker) {}

    struct Acquired {
        std::unique_ptr<UpstreamConnection> connection;  // null: `error` says why
        UpstreamError error = UpstreamError::none;
        std::shared_ptr<OriginServer> server;  // the one that was tried last
    };
    // A connection to one of the upstream's servers that is not in `tried`. `fresh`: not one that was used before.
    Task<Acquired> acquire(Upstream&, const std::vector<const OriginServer*>& tried, bool fresh);

    // Takes a connection back after a response that ended as declared.
    void release(std::unique_ptr<UpstreamConnection>);

    // Another worker has no slot for this server: closes one idle connection to it, if there is one.
    void shed(const OriginServer*);
    // Closes those that have been idle for too long; called now and then.
    void expire(Steady::time_point now);
    void close_idle();
    std::size_t idle() const;

  private:
    struct Idle {
        std::vector<std::unique_ptr<UpstreamConnection>> connections;  // the last one used is the next one used
    };

    std::unique_ptr<UpstreamConnection> take_idle(const OriginServer*);
    Task<Acquired> connect(Upstream&, std::shared_ptr<OriginServer>);
    Task<UpstreamError> wait_for_slot(Upstream&, OriginServer&, std::unique_ptr<UpstreamConnection>& idle);

    Worker& worker_;
    std::unordered_map<const OriginServer*, Idle> idle_;
};

}  // namespace larder::proxy
