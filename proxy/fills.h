// The fills under way, by key (and by the values of the fields that the key's responses are known to vary by): at most
// one each. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "proxy/fill.h"
#include "storage/key.h"

namespace larder::proxy {

class Fills {
  public:
    explicit Fills(std::uint64_t window) : window_(window) {}
    // For fills that begin from now on.
    void change_window(std::uint64_t window) { window_.store(window, std::memory_order_relaxed); }

    struct Joined {
        std::shared_ptr<Fill> fill;
        bool leader = false;  // made just now: the caller fetches
    };
    // `text` is what was hashed: another text with the same hash gets a fill of its own. So do other rules than those
    // that a fill was begun under, and that one is not joined any more.
    Joined join(storage::KeyHash key, std::string_view text, const void* rules);
    // A fill that nobody can join.
    std::shared_ptr<Fill> solo() const { return std::make_shared<Fill>(window_.load()); }
    // No longer to be joined, if it is still the one there.
    void leave(storage::KeyHash key, const std::shared_ptr<Fill>& fill);

  private:
    struct Shard {
        std::mutex mutex;
        std::unordered_map<storage::KeyHash, std::shared_ptr<Fill>> fills;  // under mutex
    };
    Shard& shard(storage::KeyHash key) { return shards_[key.high % shards_.size()]; }

    std::atomic<std::uint64_t> window_;
    std::array<Shard, 64> shards_;
};

}  // namespace larder::proxy
