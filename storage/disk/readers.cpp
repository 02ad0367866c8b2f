#include "storage/disk/readers.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <sched.h>
#include <sys/resource.h>

namespace larder::storage::disk {

namespace {

constexpr std::size_t queue_of_each = 16;
constexpr std::chrono::microseconds quick{200};
constexpr unsigned eager_jobs = 1000;

// Whether this thread had to wait for a page since it was asked last, and not only for a core.
bool waited_for_device(long& faults) {
    rusage used{};
    ::getrusage(RUSAGE_THREAD, &used);
    return std::exchange(faults, used.ru_majflt) != used.ru_majflt;
}

}  // namespace

Readers::Readers(unsigned threads) {
    const std::lock_guard lock(mutex_);  // they look at each other
    for (unsigned i = 0; i < std::max(threads, 1u); ++i) threads_.emplace_back([this] { run(); });
}

void Readers::post(std::function<void()> job) {
    {
        const std::lock_guard lock(mutex_);
        if (!stopped_) {
            jobs_.push_back(std::move(job));
            const std::size_t awake = threads_.size() - sleeping_;
            const bool more = awake == 0 || eager_ > 0 || jobs_.size() > awake * queue_of_each;
            if (eager_ > 0) --eager_;
            if (sleeping_ == 0 || !more) return;
            --sleeping_;
            ++called_;
            changed_.notify_one();
            return;
        }
    }
    job();
}

void Readers::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        changed_.notify_all();
    }
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

void Readers::run() {
    // A thread that is woken does not take the core from the one that woke it, which has more to ask for.
    const sched_param no_priority{};
    ::sched_setscheduler(0, SCHED_BATCH, &no_priority);
    long faults = 0;
    waited_for_device(faults);
    std::unique_lock lock(mutex_);
    while (true) {
        if (jobs_.empty()) {
            if (stopped_) return;
            ++sleeping_;
            changed_.wait(lock, [this] { return called_ > 0 || stopped_; });
            if (called_ > 0) --called_;
            continue;
        }
        const std::function<void()> job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        const auto begun = std::chrono::steady_clock::now();
        job();
        const bool slow = std::chrono::steady_clock::now() - begun > quick && waited_for_device(faults);
        lock.lock();
        if (slow) eager_ = eager_jobs;
    }
}

}  // namespace larder::storage::disk
