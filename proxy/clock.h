// The clocks. Unix time here is the wall clock at start plus the steady clock since: a step of the system clock makes
// no stored response immortal and expires nothing early. Any thread.
#pragma once

#include <chrono>
#include <cstdint>

#include "storage/time.h"

namespace larder::proxy {

using Steady = std::chrono::steady_clock;

class Clock {
  public:
    Clock() : start_(Steady::now()), wall_(std::chrono::system_clock::now()) {}

    storage::UnixTime unix_time(Steady::time_point now) const {
        const auto wall = wall_ + std::chrono::duration_cast<std::chrono::system_clock::duration>(now - start_);
        return std::chrono::duration_cast<std::chrono::seconds>(wall.time_since_epoch()).count();
    }
    storage::UnixTime unix_time() const { return unix_time(Steady::now()); }

    std::int64_t unix_milliseconds(Steady::time_point now) const {
        const auto wall = wall_ + std::chrono::duration_cast<std::chrono::system_clock::duration>(now - start_);
        return std::chrono::duration_cast<std::chrono::milliseconds>(wall.time_since_epoch()).count();
    }

  private:
    Steady::time_point start_;
    std::chrono::system_clock::time_point wall_;
};

}  // namespace larder::proxy
