// What all workers and the admin side share: the running configuration, compiled; the layers; the fills under way; the
// tickets; the metrics; where log lines and events go. Made by main, outlives all of them.
//
// Each member says by itself how it is shared; the struct is only the place where they meet.
#pragma once

#include <memory>
#include <vector>

#include "config/config.h"
#include "policy/strategy_table.h"
#include "policy/tickets.h"
#include "proxy/access_log.h"
#include "proxy/client_counts.h"
#include "proxy/clock.h"
#include "proxy/events.h"
#include "proxy/fills.h"
#include "proxy/metrics.h"
#include "proxy/remembered.h"
#include "proxy/route_table.h"
#include "proxy/tiers.h"
#include "proxy/upstream/upstream.h"

namespace larder::proxy {

class Worker;

struct Shared {
    const config::Config config;
    const policy::StrategyTable strategies;
    const RouteTable routes;
    std::vector<std::unique_ptr<Upstream>> upstreams;  // as in config.upstreams

    const std::uint64_t hash_seed;
    const Clock clock;
    policy::Tickets tickets;
    Tiers tiers;
    Fills fills;
    Remembered remembered;
    Metrics metrics;
    Events events;
    AccessLog access_log;
    std::atomic<bool> draining{false};
    ClientCounts clients;
    std::vector<std::unique_ptr<Worker>> workers;  // filled before any of them starts

    // Throws std::runtime_error with a message for the operator.
    Shared(config::Config, std::uint64_t seed, unsigned workers);
    ~Shared();
};

}  // namespace larder::proxy
