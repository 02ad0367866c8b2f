// How many wrong tokens came lately: whoever guesses is told to wait. The right token is never refused for it.
//
// Times are passed in. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>

#include "proxy/clock.h"

namespace larder::proxy::admin {

class Refusals {
  public:
    static constexpr std::chrono::seconds window{60};

    // `most`: so many in a window (limits.admin_failures).
    void add(Steady::time_point now, std::size_t most) {
        times_.push_back(now);
        while (times_.size() > most) times_.pop_front();
    }
    // How long the next one has to wait; 0: not at all.
    std::chrono::seconds wait(Steady::time_point now, std::size_t most) const {
        if (times_.size() < most) return std::chrono::seconds(0);
        const Steady::time_point oldest = times_[times_.size() - most];
        if (now >= oldest + window) return std::chrono::seconds(0);
        return std::chrono::ceil<std::chrono::seconds>(oldest + window - now);
    }

  private:
    std::deque<Steady::time_point> times_;  // the oldest first
};

}  // namespace larder::proxy::admin
