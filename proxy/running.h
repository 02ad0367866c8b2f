// One configuration in force, compiled: what a request is served by. Immutable; a reload makes another one.
//
// Every exchange pins the one that it began under until its end, so strategies, routes and upstreams that it points to
// stay, and nothing about it changes in the middle. What has not changed from one to the next is the same object in
// both: an upstream keeps its connections and health, a layer what it holds, a strategy its counters.
#pragma once

#include <memory>
#include <vector>

#include "config/config.h"
#include "policy/strategy_table.h"
#include "proxy/access_log.h"
#include "proxy/metrics.h"
#include "proxy/route_table.h"
#include "proxy/tiers.h"
#include "proxy/upstream/upstream.h"

namespace larder::proxy {

struct Running {
    // Throws std::runtime_error with a message for the operator. `before`: what is in force; null at the start.
    Running(config::Config, const Running* before, unsigned workers, std::vector<Tier> layers, policy::Tickets&);

    const config::Config config;
    const policy::StrategyTable strategies;
    const RouteTable routes;
    const std::vector<std::shared_ptr<Upstream>> upstreams;  // as in config.upstreams
    const std::unique_ptr<Tiers> tiers;
    const std::shared_ptr<AccessLog> access_log;

    StrategyCounters& counters(const policy::Strategy* strategy, unsigned worker) const {
        return (strategy ? by_strategy[strategy->index] : without_strategy)->of(worker);
    }
    std::vector<std::shared_ptr<PerWorker<StrategyCounters>>> by_strategy;  // as in strategies.all()
    std::shared_ptr<PerWorker<StrategyCounters>> without_strategy;
};

}  // namespace larder::proxy
