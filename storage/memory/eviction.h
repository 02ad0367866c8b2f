// Who leaves when room is needed. Eviction names victims; the layer removes them.
//
// A hit only stores into the entry: a tick of the shard's counter, a count, and the inflation value of GDSF. No list is
// touched. Order is made when a victim is wanted: of 16 entries drawn at random the one with the lowest rank leaves, as
// in Redis (antirez, "Random notes on improving the Redis LRU algorithm", 2014; sampling analysed in K. Psounis and
// B. Prabhakar, "Efficient randomized Web-cache replacement schemes using samples from past eviction times", 2002). The
// victim is expected among the lowest 6 % of its shard. With 16 entries or fewer the choice is exact.
//
// What is not fresh any more leaves before everything that is fresh, whatever the policy: it costs a request to the
// origin anyway. Rank, lowest first:
//
//   LRU     the tick of the last hit or store.
//   LFU     hits, then the tick; forgotten when the entry leaves.
//   FIFO    the order of storing, exact: the shard keeps a list of it, and its head leaves if no sample is stale.
//   TTL     the end of freshness.
//   RANDOM  none.
//   CUSTOM  GDSF: L + (1 + hits) / bytes, with L as of the last hit or store; L becomes the rank of each victim, so
//   that
//           what was popular once ages (L. Cherkasova, "Improving WWW proxies performance with
//           Greedy-Dual-Size-Frequency caching policy", HP Labs 1998). Small and popular objects stay: it has the
//           fewest misses, not the fewest bytes.
//
// Belongs to one shard and its lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "config/config.h"
#include "storage/time.h"

namespace larder::storage {

// An entry as eviction sees it.
struct Candidate {
    std::uint64_t touched = 0;  // the shard's tick at the last hit or store
    std::uint64_t hits = 0;
    double inflation = 0;      // CUSTOM: L at that tick
    UnixTime fresh_until = 0;  // of its freshest variant; lowest(): invalidated
    std::uint64_t charge = 0;  // bytes, bookkeeping included
    std::size_t slot = 0;      // its place among the shard's candidates
};

class Eviction {
  public:
    Eviction(config::EvictionPolicy policy, std::uint64_t seed) : policy_(policy), random_(seed) {}

    void stored(Candidate& entry) {
        entry.touched = ++tick_;
        entry.inflation = inflation_;
    }
    void hit(Candidate& entry) {
        ++entry.hits;
        stored(entry);
    }
    // `all` is not empty; `oldest` is the one that was stored first. The caller removes the one that is returned.
    Candidate& victim(std::span<Candidate* const> all, Candidate& oldest, UnixTime now);

  private:
    using Rank = std::pair<double, std::uint64_t>;

    Rank rank(const Candidate&) const;
    std::size_t draw(std::size_t below);

    const config::EvictionPolicy policy_;
    std::uint64_t random_;
    std::uint64_t tick_ = 0;
    double inflation_ = 0;  // L of GDSF
};

}  // namespace larder::storage
