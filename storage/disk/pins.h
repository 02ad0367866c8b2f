// Bodies that are being sent from here: whose number is held is not taken apart, even when its object is gone. Any
// thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace larder::storage::disk {

class Pins {
  public:
    void hold(std::uint64_t number) {
        const std::lock_guard lock(mutex_);
        ++held_[number];
    }
    void release(std::uint64_t number) {
        const std::lock_guard lock(mutex_);
        const auto found = held_.find(number);
        if (found != held_.end() && --found->second == 0) held_.erase(found);
    }
    bool held(std::uint64_t number) const {
        const std::lock_guard lock(mutex_);
        return held_.contains(number);
    }
    bool any() const {
        const std::lock_guard lock(mutex_);
        return !held_.empty();
    }

  private:
    mutable std::mutex mutex_;
    std::unordered_map<std::uint64_t, unsigned> held_;  // under mutex_
};

}  // namespace larder::storage::disk
