// Who leaves when room is needed, and what is of no use any more. Chosen among what is stored; no list is kept beside.
//
// First what is past its use (`leaves`), then what is not fresh (`fresh`), whatever the policy, since it costs a
// request to the origin anyway. If all are fresh, then
//
//   LRU     the key with the lowest time in `recency`. A hit does not move it there: it is noted in memory, and a
//           candidate that was used since is moved and the next one looked at, at most 64 of them.
//   LFU     of 16 keys drawn at random the one with the fewest hits, then the oldest use.
//   FIFO    the object with the lowest number.
//   TTL     the object whose freshness ends first.
//   RANDOM  any key: the first one at or behind a random hash.
//   CUSTOM  GDSF as storage/memory/eviction.h describes it, among 16 keys drawn at random; L lies in `meta`.
//
// A key leaves with all its variants, but where a policy names objects. Belongs to the writing thread.
#pragma once

#include <cstdint>
#include <optional>

#include "config/config.h"
#include "storage/disk/content.h"
#include "storage/disk/uses.h"

namespace larder::storage::disk {

class Eviction {
  public:
    Eviction(config::EvictionPolicy policy, std::uint64_t seed) : policy_(policy), random_(seed) {}
    void set_policy(config::EvictionPolicy policy) { policy_ = policy; }

    // Removes one victim. How many objects left; 0: nothing is stored, or what there was is damaged.
    std::uint64_t evict(Content&, Uses&, UnixTime now);
    // Removes an object that is past its use, if there is one.
    bool remove_useless(Content& content, UnixTime now) { return remove_first(content, content.tables().leaves, now); }

    double inflation() const { return inflation_; }
    void set_inflation(double inflation) { inflation_ = inflation; }

  private:
    bool remove_first(Content&, MDB_dbi by_time, UnixTime at_most);
    std::uint64_t least_recent(Content&, Uses&);
    std::uint64_t oldest(Content&);
    std::uint64_t sampled(Content&, Uses&, unsigned samples);
    std::uint64_t remove_key(Content&, Uses&, const KeyHash&, const KeyEntry&);
    std::uint64_t draw();

    config::EvictionPolicy policy_;
    std::uint64_t random_;
    double inflation_ = 0;
};

}  // namespace larder::storage::disk
