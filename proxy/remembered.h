// What is remembered of a key for a short while without storing a response: that its responses could not be stored, so
// that requests for it are not made to wait for one another; and by which request fields they varied, so that requests
// that differ in them are not collapsed into one fill.
//
// A fixed table, direct-mapped: another key with the same slot takes it over, which costs a collapse and nothing else.
// Any thread.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "storage/key.h"
#include "storage/time.h"

namespace larder::proxy {

using VaryNames = std::shared_ptr<const std::vector<std::string>>;

class Remembered {
  public:
    struct Facts {
        bool uncacheable = false;
        VaryNames vary;  // null: none known
    };

    Facts recall(storage::KeyHash key, storage::UnixTime now) const;
    void uncacheable(storage::KeyHash key, storage::UnixTime until);
    void cacheable(storage::KeyHash key, VaryNames vary);

  private:
    struct Slot {
        storage::KeyHash key;
        storage::UnixTime uncacheable_until = 0;
        VaryNames vary;
    };
    struct Shard {
        mutable std::mutex mutex;
        std::array<Slot, 512> slots;  // under mutex
    };

    static constexpr std::size_t shards = 32;

    const Shard& shard(storage::KeyHash key) const { return (*shards_)[key.high % shards]; }
    Shard& shard(storage::KeyHash key) { return (*shards_)[key.high % shards]; }

    std::unique_ptr<std::array<Shard, shards>> shards_ = std::make_unique<std::array<Shard, shards>>();
};

}  // namespace larder::proxy
