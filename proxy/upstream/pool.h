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
    struct Wanted {
        Wanted() = default;  // no aggregate: GCC 12 destroys one that is passed to a coroutine twice

        std::vector<const OriginServer*> tried;  // not one of these servers
        bool fresh = false;                      // not a connection that was used before
        Carried at_worst = Carried::content;     // what it may have had on it
        std::string upload_by;                   // the client address of a long request body; empty: there is none
    };
    // A connection to one of the upstream's servers. Of those at hand the one that has carried most is taken, so that
    // the others stay as they are.
    Task<Acquired> acquire(Upstream&, const Wanted& wanted);

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

    std::unique_ptr<UpstreamConnection> take_idle(const OriginServer*, Carried at_worst);
    Task<Acquired> connect(Upstream&, std::shared_ptr<OriginServer>);
    Task<UpstreamError> wait_for_slot(Upstream&, OriginServer&, Carried at_worst,
                                      std::unique_ptr<UpstreamConnection>& idle);
    Task<UpstreamError> wait_for_upload(Upstream&, OriginServer&, const std::string& client);
    Task<Acquired> acquire_from(Upstream&, std::shared_ptr<OriginServer>, const Wanted& wanted);

    Worker& worker_;
    std::unordered_map<const OriginServer*, Idle> idle_;
};

}  // namespace larder::proxy
