// Whether a slow layer answers in time. After several lookups in a row without an answer in time it is left alone: for
// a second, then two, up to a minute; then one lookup tries it, and its answer opens it again. Any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>

#include "proxy/clock.h"

namespace larder::proxy {

class LayerHealth {
  public:
    static constexpr unsigned max_timeouts_in_a_row = 5;
    static constexpr std::chrono::seconds min_pause{1};
    static constexpr std::chrono::seconds max_pause{60};

    // What is asked for tells how it went by one of answered(), failed() and timed_out().
    bool may_ask(Steady::time_point now);
    // An erasure need not be asked for, but is not waited for while the layer is left alone.
    bool available() const { return !left_alone_.load(std::memory_order_relaxed); }

    void answered();
    // The layer said at once that it cannot: that tells nothing of how long it takes.
    void failed(Steady::time_point now);
    void timed_out(Steady::time_point now);

    std::uint64_t timeouts() const { return timeouts_.load(std::memory_order_relaxed); }

  private:
    void leave_alone(Steady::time_point now);  // under mutex_

    std::atomic<bool> left_alone_{false};
    std::atomic<unsigned> in_a_row_{0};
    std::atomic<std::uint64_t> timeouts_{0};
    std::mutex mutex_;
    Steady::time_point again_at_;  // under mutex_, as the next two
    std::chrono::seconds pause_ = min_pause;
    bool trying_ = false;
};

}  // namespace larder::proxy
