// How many wrong tokens came lately: whoever guesses is told to wait. The right token is never refused for it.
//
// Times are passed in. One thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

#include "proxy/clock.h"

namespace larder::proxy::admin {

class Refusals {
  public:
    static constexpr std::size_t most = 30;  // a window
    static constexpr std::chrono::seconds window{60};

    void add(Steady::time_point now) {
        times_[next_] = now;
        next_ = (next_ + 1) % most;
    }
    // How long the next one has to wait; 0: not at all.
    std::chrono::seconds wait(Steady::time_point now) const {
        const Steady::time_point oldest = times_[next_];
        if (oldest == Steady::time_point{} || now >= oldest + window) return std::chrono::seconds(0);
        return std::chrono::ceil<std::chrono::seconds>(oldest + window - now);
    }

  private:
    std::array<Steady::time_point, most> times_{};  // a ring; next_ is the oldest
    std::size_t next_ = 0;
};

}  // namespace larder::proxy::admin
