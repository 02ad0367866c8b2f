// Whether what is read lies in memory, as it looked lately. The map gives a page that does without a call; for one that
// does not it waits for the device, page by page, where one call brings all of a body.
//
// Any thread. A guess: both ways are right at any time.
#pragma once

#include <atomic>

namespace larder::storage::disk {

class Warmth {
  public:
    // True: read with a call, and tell whether it lay in memory.
    bool ask() {
        constexpr unsigned sample = 16;
        return cold_.load(std::memory_order_relaxed) > 0 || turn_.fetch_add(1, std::memory_order_relaxed) % sample == 0;
    }
    void tell(bool in_memory) {
        const int left = cold_.load(std::memory_order_relaxed);
        if (!in_memory) cold_.store(long_enough, std::memory_order_relaxed);
        if (in_memory && left > 0) cold_.store(left - 1, std::memory_order_relaxed);
    }

  private:
    static constexpr int long_enough = 256;  // reads
    std::atomic<int> cold_{long_enough};
    std::atomic<unsigned> turn_{0};
};

}  // namespace larder::storage::disk
