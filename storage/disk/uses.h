// Uses of keys that are not written yet: a note in memory on every hit, written into the keys now and then. May be
// lost. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include "storage/key.h"
#include "storage/time.h"

namespace larder::storage::disk {

struct Used {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    UnixTime last_accessed = 0;  // 0: not
};

class Uses {
  public:
    // At most 100,000 keys; what exceeds them is dropped.
    void note(const KeyHash& hash, const Used& used) {
        Shard& shard = shards_[hash.high % shards_.size()];
        const std::lock_guard lock(shard.mutex);
        if (shard.keys.size() >= most_keys / shards_.size() && !shard.keys.contains(hash)) return;
        Used& sum = shard.keys[hash];
        sum.hits += used.hits;
        sum.misses += used.misses;
        if (used.last_accessed > sum.last_accessed) sum.last_accessed = used.last_accessed;
    }
    Used of(const KeyHash& hash) const {
        const Shard& shard = shards_[hash.high % shards_.size()];
        const std::lock_guard lock(shard.mutex);
        const auto found = shard.keys.find(hash);
        return found == shard.keys.end() ? Used{} : found->second;
    }
    void forget(const KeyHash& hash) {
        Shard& shard = shards_[hash.high % shards_.size()];
        const std::lock_guard lock(shard.mutex);
        shard.keys.erase(hash);
    }
    // At most so many, from one shard after the other.
    std::vector<std::pair<KeyHash, Used>> take(std::size_t at_most) {
        std::vector<std::pair<KeyHash, Used>> taken;
        for (std::size_t i = 0; i < shards_.size() && taken.size() < at_most; ++i) {
            Shard& shard = shards_[next_++ % shards_.size()];
            const std::lock_guard lock(shard.mutex);
            while (!shard.keys.empty() && taken.size() < at_most) {
                taken.push_back(*shard.keys.begin());
                shard.keys.erase(shard.keys.begin());
            }
        }
        return taken;
    }

    std::size_t size() const {
        std::size_t sum = 0;
        for (const Shard& shard : shards_) {
            const std::lock_guard lock(shard.mutex);
            sum += shard.keys.size();
        }
        return sum;
    }

  private:
    static constexpr std::size_t most_keys = 100'000;
    struct Shard {
        mutable std::mutex mutex;
        std::unordered_map<KeyHash, Used> keys;
    };
    std::array<Shard, 16> shards_;
    std::size_t next_ = 0;  // the writing thread's
};

// Uses of single variants, by their numbers: which of too many goes. A fixed table, direct-mapped: another variant with
// the same slot takes it over. Not kept over a restart. Any thread.
class VariantUses {
  public:
    void add(std::uint64_t number, std::uint32_t uses = 1) {
        const std::lock_guard lock(mutex_);
        Slot& slot = (*slots_)[number % slots];
        if (slot.number != number) slot = {number, 0};
        slot.uses += uses;
    }
    std::uint32_t of(std::uint64_t number) const {
        const std::lock_guard lock(mutex_);
        const Slot& slot = (*slots_)[number % slots];
        return slot.number == number ? slot.uses : 0;
    }

  private:
    static constexpr std::size_t slots = 16'384;
    struct Slot {
        std::uint64_t number = 0;
        std::uint32_t uses = 0;
    };
    mutable std::mutex mutex_;
    std::unique_ptr<std::array<Slot, slots>> slots_ = std::make_unique<std::array<Slot, slots>>();  // under mutex_
};

}  // namespace larder::storage::disk
