#include "proxy/shared.h"

#include "proxy/layers.h"
#include "proxy/worker.h"

namespace larder::proxy {

Shared::Shared(config::Config configuration, std::uint64_t seed, unsigned worker_count)
    : config(std::move(configuration)),
      strategies(config),
      routes(config),
      hash_seed(seed),
      tickets(config.limits.invalidation_backlog),
      tiers(make_layers(config, seed), strategies, tickets),
      fills(config.limits.fill_window_bytes, config.limits.fills_bytes),
      metrics(config, strategies.all().size(), worker_count),
      access_log(config.access_log),
      clients(config.limits.connections_per_client) {
    for (std::size_t i = 0; i < config.upstreams.size(); ++i) {
        try {
            upstreams.push_back(std::make_unique<Upstream>(config.upstreams[i], i, worker_count));
        } catch (const boost::system::system_error& error) {
            throw std::runtime_error("upstreams." + config.upstreams[i].name + ": tls_ca_file " +
                                     config.upstreams[i].tls_ca_file + ": " + error.code().message() +
                                     "; name a readable file with PEM certificates");
        }
    }
}

Shared::~Shared() = default;

}  // namespace larder::proxy
