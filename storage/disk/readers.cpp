#include "storage/disk/readers.h"

#include <algorithm>
#include <utility>

#include <sched.h>

namespace larder::storage::disk {

void Readers::post(std::function<void()> job) {
    {
        const std::lock_guard lock(mutex_);
        if (!stopped_) {
            jobs_.push_back(std::move(job));
            if (sleeping_ > 0) changed_.notify_one();
            return;
        }
    }
    job();
}

void Readers::resize(unsigned threads) {
    {
        const std::lock_guard lock(mutex_);
        wanted_ = std::max(threads, 1u);
        changed_.notify_all();
    }
    while (threads_.size() > wanted_) {
        threads_.back().join();
        threads_.pop_back();
    }
    while (threads_.size() < wanted_) {
        threads_.emplace_back([this, index = threads_.size()] { run(index); });
    }
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

void Readers::run(std::size_t index) {
    const sched_param no_priority{};
    ::sched_setscheduler(0, SCHED_BATCH, &no_priority);
    std::unique_lock lock(mutex_);
    while (index < wanted_) {
        if (jobs_.empty()) {
            if (stopped_) return;
            ++sleeping_;
            changed_.wait(lock);
            --sleeping_;
            continue;
        }
        const std::function<void()> job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job();
        lock.lock();
    }
    // The wake-up of a job may have come here.
    if (!jobs_.empty()) changed_.notify_one();
}

}  // namespace larder::storage::disk
