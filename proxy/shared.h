// What all workers and the admin side share and what stays over a reload: the fills under way, the tickets, the
// metrics, where events go. Made by main, outlives all of them. Each member says by itself how it is shared; the struct
// is only the place where they meet.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "config/config.h"
#include "policy/tickets.h"
#include "proxy/client_counts.h"
#include "proxy/clock.h"
#include "proxy/events.h"
#include "proxy/fills.h"
#include "proxy/layers.h"
#include "proxy/loops.h"
#include "proxy/metrics.h"
#include "proxy/remembered.h"
#include "proxy/running.h"
#include "proxy/searches.h"
#include "storage/account.h"

namespace larder::proxy {

class Relay;
class Worker;

struct Shared {
    const std::uint64_t hash_seed;
    const std::string loop_id;  // in CDN-Loop: the same for all processes of a data_dir, and nobody else's
    const Clock clock;
    storage::Account account;  // of all bodies in memory; before whatever may have some
    policy::Tickets tickets;
    Events events;
    Loops loops{events};
    Layers layers;
    Fills fills;
    Remembered remembered;
    Searches searches;
    Metrics metrics;
    std::atomic<bool> draining{false};
    ClientCounts clients;
    std::vector<std::unique_ptr<Worker>> workers;  // filled before any of them starts
    Relay* relay = nullptr;                        // set before any of them starts; null: no other process is told

    // Throws std::runtime_error with a message for the operator. `first_ticket`: see policy/tickets.h; `kept`: see
    // Layers.
    Shared(config::Config, std::uint64_t seed, unsigned workers, policy::Sequence first_ticket = 0,
           std::vector<std::string> kept = {});
    ~Shared();

    // The configuration in force. Any thread. Workers have a pointer of their own, and go over to another one each in
    // their own time (Worker::adopt).
    std::shared_ptr<const Running> running() const;
    // Those that were in force before and still serve an exchange or a connection.
    std::vector<std::shared_ptr<const Running>> former(const Running& now) const;
    // What a reload would put in force. Throws std::runtime_error.
    std::shared_ptr<const Running> prepare(config::Config);
    // From now on it is in force. The control thread.
    void adopt(std::shared_ptr<const Running>);

  private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Running> running_;            // under mutex_
    std::vector<std::weak_ptr<const Running>> former_;  // under mutex_
};

}  // namespace larder::proxy
