// Who leaves when room is needed. Eviction names victims; the layer removes them.
//
// A hit only stores into the entry: a tick of the shard's counter, a count, and the inflation value of GDSF. No list is
// touched; order is made when a victim is wanted. What is not fresh any more leaves before everything that is fresh,
// whatever the policy, since it costs a request to the origin anyway: of 16 entries drawn at random a stale one leaves.
// If all are fresh, then
//
//   LRU     the one of the 16 with the lowest tick of the last hit or store. Sampling instead of a list is what Redis
//   does
//           (antirez, "Random notes on improving the Redis LRU algorithm", 2014; analysed in K. Psounis, B. Prabhakar,
//           "Efficient randomized web-cache replacement schemes using samples from past eviction times", 2002). The
//           victim is expected among the lowest 6 %; with 16 entries or fewer the choice is exact.
//   LFU     the one of the 16 with the fewest hits, then the lowest tick. Hits are forgotten when the entry leaves.
//   FIFO    the one that was stored first of all, exactly: the shard keeps a list of it.
//   TTL     the one of the 16 whose freshness ends first.
//   RANDOM  any.
//   CUSTOM  GDSF: the one with the lowest L + (1 + hits) / bytes of all, with L as of its last hit or store. L becomes
//   the
//           rank of each victim, so that what was popular once ages (L. Cherkasova, "Improving WWW proxies performance
//           with Greedy-Dual-Size-Frequency caching policy", HP Labs 1998). It has the fewest misses, not the fewest
//           bytes missed. A few large entries matter too much to be found by sampling, so the entries form a heap by
//           the rank that they had when they were placed; a hit only raises a rank, so it is enough to look at the top,
//           place it anew if it has been hit, and look again, at most 64 times.
//
// Belongs to one shard and its lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

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
    std::size_t slot = 0;      // its place among all candidates
    double placed = 0;         // CUSTOM: the rank that it has in the heap
};

class Eviction {
  public:
    Eviction(config::EvictionPolicy policy, std::uint64_t seed) : policy_(policy), random_(seed) {}

    // Another policy from now on; what was counted so far goes on counting.
    void change(config::EvictionPolicy);

    // stored() is to follow once the entry's other members are set.
    void add(Candidate&);
    void remove(Candidate&);
    // Its content is new.
    void stored(Candidate&);
    void hit(Candidate& entry) {
        ++entry.hits;
        touch(entry);
    }
    // There is one at least; `oldest` is the one that was stored first. The caller removes the one that is returned.
    Candidate& victim(Candidate& oldest, UnixTime now);

    // In no order that means anything.
    const std::vector<Candidate*>& all() const { return all_; }
    void shrink() { all_.shrink_to_fit(); }

  private:
    using Rank = std::pair<double, std::uint64_t>;

    void touch(Candidate& entry) {
        entry.touched = ++tick_;
        entry.inflation = inflation_;
    }
    Rank rank(const Candidate&) const;
    Candidate& lowest_of_all();
    std::size_t draw(std::size_t below);

    // The heap, lowest `placed` on top. Without CUSTOM all are equal, and nothing moves.
    void put(Candidate& entry, std::size_t slot) {
        all_[slot] = &entry;
        entry.slot = slot;
    }
    void settle(Candidate&);

    config::EvictionPolicy policy_;
    std::uint64_t random_;
    std::uint64_t tick_ = 0;
    double inflation_ = 0;  // L of GDSF
    std::vector<Candidate*> all_;
};

}  // namespace larder::storage
