// The threads that read: a pool, since a page that is not in memory blocks the thread that touches it. One queue.
//
// While what is read lies in memory one thread does more than several that take turns on the cores, so others are woken
// only when the queue grows long. Once a job has waited for the device, every job wakes a thread for some time.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace larder::storage::disk {

class Readers {
  public:
    explicit Readers(unsigned threads);
    ~Readers() { stop(); }

    // Runs the job on one of the threads; after stop() at once on the caller's.
    void post(std::function<void()> job);
    // What was posted before is done when it returns.
    void stop();

  private:
    void run();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> jobs_;  // under mutex_, as all below
    unsigned sleeping_ = 0;                   // and not called yet
    unsigned called_ = 0;
    unsigned eager_ = 0;  // so many jobs more wake a thread each
    bool stopped_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace larder::storage::disk
