// The bytes that a memory layer may hold, shared by all its shards. Any thread, no lock.
//
// Bytes are taken before anything is made of them and given back after it is destroyed, so that used() is never above
// max() and never below what is held; change_max() excepted.
#pragma once

#include <atomic>
#include <cstdint>

namespace larder::storage {

class Budget {
  public:
    explicit Budget(std::uint64_t max) : max_(max) {}

    std::uint64_t max() const { return max_.load(std::memory_order_relaxed); }
    // used() may then be above it, until what is there leaves.
    void change_max(std::uint64_t max) { max_.store(max, std::memory_order_relaxed); }
    std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }

    // All or nothing.
    bool take(std::uint64_t bytes) {
        const std::uint64_t most = max();
        std::uint64_t used = used_.load(std::memory_order_relaxed);
        do {
            if (bytes > most || used > most - bytes) return false;
        } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
        return true;
    }
    void give(std::uint64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> max_;
    std::atomic<std::uint64_t> used_{0};
};

}  // namespace larder::storage
