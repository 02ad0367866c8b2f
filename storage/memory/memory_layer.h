// MEMORY: responses in this process. Answers at once, on any thread; used by all workers at the same time.
//
// Keys are spread over shards by their hash, each with one mutex and its own indexes (shard.h); eviction.h says who
// leaves for want of room. The unit of eviction is a key with all its variants. No call holds two shards' locks, and
// nothing is destroyed under one. Permits and selections are called under a shard's lock: they must not call the
// layer.
//
// Bytes. `max_bytes` bounds what the layer holds, bookkeeping included: entries, index nodes, their share of the
// tables, key texts, objects and their bodies, each with malloc's overhead as charge.h estimates it. They are reserved
// before an object comes in, in one counter for all shards, and given back after it is destroyed; the bound is not
// exceeded for a moment. Outside of it are: some 500 bytes a shard, and what readers still pin after it has left the
// layer.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "config/config.h"
#include "storage/layer.h"
#include "storage/memory/budget.h"

namespace larder::storage {

class Shard;
struct Change;

struct MemoryOptions {
    std::uint64_t max_bytes = 0;
    config::EvictionPolicy eviction = config::EvictionPolicy::lru;
    std::size_t shards = 64;  // rounded down to a power of two, and so that each has a MiB; at least one
    std::uint64_t seed = 0;   // secret: of the tag tables' hash and the drawing of victims
};

class MemoryLayer {
  public:
    explicit MemoryLayer(const MemoryOptions&);
    MemoryLayer(const MemoryLayer&) = delete;
    MemoryLayer& operator=(const MemoryLayer&) = delete;
    ~MemoryLayer();

    // All variants, pinned for as long as the caller holds them; null: not there. Counts a hit. No allocation.
    VariantSetPtr find(const KeyView&, UnixTime now);
    // The same without counting.
    VariantSetPtr peek(const KeyView&) const;
    // The key was asked for, and had to be fetched. False: it is not there, nothing was counted.
    bool count_miss(const KeyView&, UnixTime now);
    std::optional<KeyUse> use(const KeyView&) const;

    // Makes the object visible in place of the variant with the same `vary`, or beside the others; of more than
    // `max_variants` the one goes that was used least (Object::uses), and of equally used ones the least recently
    // stored.
    //   invalidated  the permit is refused.
    //   too_large    its charge is above largest().
    //   superseded   that variant comes from a fetch that began later, or is this very response, softly invalidated.
    //   failed       no room: other threads' insertions hold it at this moment.
    Stored insert(const KeyView&, ObjectPtr, const Permit&, UnixTime now, std::size_t max_variants = 64);

    // Puts `next` in place of `old_one`, which the caller has pinned, if it is still there; else `superseded`. When
    // they share the body, only the new head needs room. Other results as of insert().
    Stored refresh(const KeyView&, const Object* old_one, ObjectPtr next, const Permit&, UnixTime now);

    // Once it returns, what was there and selected before the call is gone (hard) or stale (soft). Costs by what the
    // selection's index hits. A lock is held for at most 1,000 objects; what is inserted between is the permits'
    // business. A soft one puts copies of heads in place of the old ones, 1,000 of which may exist twice for a moment.
    // `keys` are in alphabetical order.
    Erased erase(const Selection&, Erasure, std::size_t list_at_most);

    // Drops objects past their useful_until(). Looks at no more than `at_most` entries, going on where the last call
    // ended: to be called periodically. Returns the number of objects dropped. `uses` gets the uses of those entries
    // since they were last looked at, for a slower layer behind this one; those of an entry that leaves in between are
    // lost.
    std::uint64_t remove_expired(UnixTime now, std::size_t at_most, std::vector<Layer::Use>* uses = nullptr);

    // Another size or policy for what is there. What is too much leaves before it returns.
    void change(std::uint64_t max_bytes, config::EvictionPolicy policy, UnixTime now);

    // A page of the registry, in the order of listing.h. Looks at 20,000 keys at most, and at 1,000 with one lock held:
    // a page may be short and still have a next one.
    KeyPage list(const KeyFilter&, const std::optional<KeyPosition>& after, std::size_t limit) const;

    LayerStats stats() const;
    // The charge that an object may have, key and index nodes included: a quarter of max_bytes, but 32 MiB, or all of
    // max_bytes, if that is less than 32 MiB.
    std::uint64_t largest() const { return largest_.load(std::memory_order_relaxed); }

  private:
    Shard& shard_of(const KeyHash& hash) const { return *shards_[index_of(hash)]; }
    std::size_t index_of(const KeyHash& hash) const { return hash.high & (shards_.size() - 1); }
    // False: after every shard was found empty there is still no room.
    bool reserve(std::uint64_t bytes, std::size_t first_shard, UnixTime now);
    KeyPage list_some(const KeyFilter&, const std::optional<KeyPosition>& after, std::size_t limit,
                      std::size_t& left) const;
    bool evict_from(std::size_t shard, UnixTime now);
    // Destroys what left, then settles what was reserved against what was taken.
    void settle(Change&&, std::uint64_t reserved);

    std::atomic<std::uint64_t> largest_;
    Budget budget_;
    std::vector<std::unique_ptr<Shard>> shards_;  // a power of two of them; does not change

    std::atomic<std::int64_t> objects_{0};
    std::atomic<std::uint64_t> evictions_{0};
    std::atomic<std::size_t> expiry_shard_{0};
};

}  // namespace larder::storage
