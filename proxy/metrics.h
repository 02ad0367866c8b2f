// Counters. Each worker writes its own, with plain stores and no shared cache line; a scrape adds them up. What is
// counted rarely, or by the admin side, is shared. Names and labels as in the reference: larder_*.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "policy/cache_status.h"
#include "policy/invalidation.h"
#include "policy/storable.h"
#include "proxy/upstream/error.h"
#include "storage/layer.h"

namespace larder::proxy {

// Written by one thread, read by any.
class Counter {
  public:
    void add(std::int64_t n = 1) {
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::int64_t> value_{0};
};

// How a request was answered.
enum class Result { hit, stale, miss, bypass, error };
inline constexpr std::size_t results = 5;
const char* word(Result);

// A limit that struck, or a peer that was turned away: the label of larder_limits_total.
enum class Limit {
    request_head,        // a head too large, with too many fields or a line too long
    request_head_time,   // not whole in time
    request_body,        // too large
    request_body_time,   // not enough progress
    write_time,          // the client takes too little
    connections,         // the cap on connections, or no descriptor left
    client_connections,  // the cap per address
    fills_bytes,         // no room for a response on its way into a layer
    pinned_rate,         // a slow client pinned what no layer holds
    content_bytes,       // no room for request content
    followers,           // of one fill
    followers_cut,       // a follower fell behind the window of a fill that is not stored
    malformed,           // a request refused as malformed
    uploads,             // long request bodies that waited for one of an upstream's max_uploads
    paced_transfers,     // transfers cut since their clients stood still and others wanted the connection
    tunnels,             // of an upstream's max_tunnels
    count
};
const char* word(Limit);

class Histogram {
  public:
    static constexpr std::array<double, 14> bounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                      0.1,    0.25,  0.5,    1,     2.5,  5,     10};
    void record(std::chrono::nanoseconds took);

    std::array<Counter, bounds.size() + 1> buckets;
    Counter nanoseconds;
};

// Counters of something that a configuration names, a strategy say: a block a worker. They live as long as a running
// configuration has that name.
template <class Block>
class PerWorker {
  public:
    explicit PerWorker(unsigned workers) : blocks_(workers) {}

    Block& of(unsigned worker) { return blocks_[worker]; }
    // The sum over all workers of the counter that `which` picks from a block.
    template <class Which>
    std::int64_t sum(Which which) const {
        std::int64_t sum = 0;
        for (const Block& block : blocks_) sum += which(block).value();
        return sum;
    }

  private:
    std::deque<Block> blocks_;  // never moved
};

struct alignas(64) StrategyCounters {
    std::array<Counter, results> requests;
};

struct alignas(64) UpstreamCounters {
    std::array<Counter, 1000> statuses;
    std::array<Counter, static_cast<std::size_t>(UpstreamError::client_gone) + 1> errors;

    void failed(UpstreamError error) { errors[static_cast<std::size_t>(error)].add(); }
};

struct alignas(64) LayerCounters {
    Counter hits, misses, errors;                          // lookups
    std::array<Counter, storage::stored_outcomes> stores;  // by storage::Stored
};

struct alignas(64) WorkerMetrics {
    explicit WorkerMetrics(unsigned worker) : index(worker) {}

    const unsigned index;  // the worker's
    std::array<Histogram, results> durations;

    Counter fills_in_flight;
    Counter followers;
    Counter client_connections;
    Counter upstream_connections;
    std::array<Counter, static_cast<std::size_t>(Limit::count)> limits;
    // The words of Cache-Status: why a request went to the origin, and why what came was not stored.
    std::array<Counter, static_cast<std::size_t>(policy::Forward::partial) + 1> forwards;
    std::array<Counter, static_cast<std::size_t>(policy::StoreVerdict::useless) + 1> unstored;

    void limit(Limit which) { limits[static_cast<std::size_t>(which)].add(); }
};

struct Metrics {
    explicit Metrics(unsigned workers);

    std::deque<WorkerMetrics> workers;
    std::array<std::atomic<std::uint64_t>, 4> invalidations{};  // by policy::InvalidationType
    std::array<std::atomic<std::uint64_t>, 4> invalidated_keys{};
    std::atomic<std::uint64_t> admin_refused{0};
    std::atomic<std::uint64_t> admin_displaced{0};  // connections closed for want of room
    std::atomic<std::int64_t> admin_connections{0};
    std::atomic<std::uint64_t> reloads{0};
    std::atomic<std::uint64_t> reloads_refused{0};
};

struct Shared;

// The whole exposition in Prometheus text format 0.0.4.
std::string metrics_text(const Shared&);

}  // namespace larder::proxy
