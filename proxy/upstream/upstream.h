// An upstream as all workers share it: its servers, and how one is chosen for a request.
//
// Any thread.
#pragma once

#include <atomic>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <vector>

#include "config/config.h"
#include "proxy/metrics.h"
#include "proxy/upstream/origin_server.h"

namespace larder::proxy {

class Upstream {
  public:
    // Throws boost::system::system_error when the CA file cannot be read. `before`: the upstream of that name with its
    // former settings, or null; counters go on, and servers that are in both keep their addresses and health.
    Upstream(const config::Upstream&, unsigned workers, const Upstream* before = nullptr);

    const config::Upstream& settings() const { return settings_; }
    UpstreamCounters& counters(unsigned worker) { return counters_->of(worker); }
    const PerWorker<UpstreamCounters>& counters() const { return *counters_; }
    const std::vector<std::shared_ptr<OriginServer>>& servers() const { return servers_; }
    asio::ssl::context& tls() { return tls_; }

    // The next server for a request, by the configured balance, among those that take requests and are not in `tried`;
    // null: none. When all are ejected the least recently ejected is no better than another: one is tried all the same,
    // unless an active check says that it is down.
    std::shared_ptr<OriginServer> choose(const std::vector<const OriginServer*>& tried, Steady::time_point now);

  private:
    const config::Upstream settings_;
    std::vector<std::shared_ptr<OriginServer>> servers_;
    asio::ssl::context tls_;
    std::atomic<std::size_t> turn_{0};
    std::shared_ptr<PerWorker<UpstreamCounters>> counters_;
};

}  // namespace larder::proxy
