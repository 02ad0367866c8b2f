// The threads that read: a pool, since a page that is not in memory blocks the thread that touches it. One queue; a
// thread is woken for each job while one sleeps.
//
// They run at the same priority as all others, but as batch work: one that is woken does not take the core from the
// thread that woke it, which has more to ask for. So jobs come in bunches, and a core is not handed over for each.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace larder::storage::disk {

class Readers {
  public:
    explicit Readers(unsigned threads) { resize(threads); }
    ~Readers() { stop(); }

    // Runs the job on one of the threads; after stop() at once on the caller's.
    void post(std::function<void()> job);
    // The same, unless too many jobs wait: then false.
    bool offer(std::function<void()> job);
    // At least one. Those that are too many end after their job, which is not waited for.
    void resize(unsigned threads);
    // What was posted before is done when it returns.
    void stop();

  private:
    struct Thread {
        std::thread thread;
        bool ended = false;  // under mutex_
    };

    void run(std::size_t index);
    bool enqueue(std::function<void()>& job, std::size_t most_waiting);

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> jobs_;  // under mutex_, as the next three
    unsigned sleeping_ = 0;
    std::size_t wanted_ = 0;
    bool stopped_ = false;
    std::deque<Thread> threads_;  // one caller of resize() and stop() at a time; never moved
};

}  // namespace larder::storage::disk
