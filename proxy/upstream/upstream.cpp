#include "proxy/upstream/upstream.h"

#include <algorithm>

namespace larder::proxy {

Upstream::Upstream(const config::Upstream& settings, unsigned workers, const Upstream* before)
    : settings_(settings),
      tls_(asio::ssl::context::tls_client),
      counters_(before ? before->counters_ : std::make_shared<PerWorker<UpstreamCounters>>(workers)) {
    for (const config::Server& server : settings.servers) {
        servers_.push_back(std::make_shared<OriginServer>(settings, server, workers));
        if (!before) continue;
        for (const auto& former : before->servers_) {
            if (former->where() == server) servers_.back()->take_over(*former);
        }
    }
    tls_.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                     asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
    SSL_CTX_set_options(tls_.native_handle(), SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    // RFC 9112 section 9.8: a close without close_notify must stay visible as an error (truncation).
    if (!settings.tls_verify) return;
    if (settings.tls_ca_file.empty()) {
        tls_.set_default_verify_paths();
    } else {
        tls_.load_verify_file(settings.tls_ca_file);
    }
}

std::shared_ptr<OriginServer> Upstream::choose(const std::vector<const OriginServer*>& tried, Steady::time_point now) {
    const std::size_t count = servers_.size();
    const std::size_t start = count == 1 ? 0 : turn_.fetch_add(1, std::memory_order_relaxed);
    const auto untried = [&](const OriginServer* server) {
        return std::find(tried.begin(), tried.end(), server) == tried.end();
    };
    for (const bool ejected_too : {false, true}) {
        std::shared_ptr<OriginServer> best;
        for (std::size_t i = 0; i < count; ++i) {
            const auto& server = servers_[(start + i) % count];
            const bool usable = ejected_too ? server->well() : server->takes_requests(now);
            if (!usable || !untried(server.get())) continue;
            if (settings_.balance == config::Balance::round_robin) return server;
            if (!best || server->in_flight() < best->in_flight()) best = server;
        }
        if (best) return best;
    }
    return nullptr;
}

}  // namespace larder::proxy
