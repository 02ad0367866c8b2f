#include "storage/disk/readers.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <sched.h>

namespace larder::storage::disk {

namespace {

// Some seconds' work for a slow disk; megabytes of keys.
constexpr std::size_t most_waiting = 4096;

}  // namespace

void Readers::post(std::function<void()> job) {
    enqueue(job, std::numeric_limits<std::size_t>::max());
}

bool Readers::offer(std::function<void()> job) {
    return enqueue(job, most_waiting);
}

bool Readers::enqueue(std::function<void()>& job, std::size_t most) {
    {
        const std::lock_guard lock(mutex_);
        if (!stopped_) {
            if (jobs_.size() >= most) return false;
            jobs_.push_back(std::move(job));
            if (sleeping_ > 0) changed_.notify_one();
            return true;
        }
    }
    job();
    return true;
}

void Readers::resize(unsigned threads) {
    const std::lock_guard lock(mutex_);
    wanted_ = std::max(threads, 1u);
    changed_.notify_all();
    for (std::size_t index = 0; index < wanted_; ++index) {
        if (index == threads_.size()) threads_.emplace_back();
        Thread& place = threads_[index];
        if (place.thread.joinable() && !place.ended) continue;  // perhaps with a job since it was one too many
        if (place.thread.joinable()) place.thread.join();       // returns at once: it has let go of the lock for good
        place.ended = false;
        place.thread = std::thread([this, index] { run(index); });
    }
}

void Readers::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        changed_.notify_all();
    }
    for (Thread& place : threads_) place.thread.join();
    threads_.clear();
}

void Readers::run(std::size_t index) {
    const sched_param no_priority{};
    ::sched_setscheduler(0, SCHED_BATCH, &no_priority);
    std::unique_lock lock(mutex_);
    while (index < wanted_) {
        if (jobs_.empty()) {
            if (stopped_) break;
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
    threads_[index].ended = true;
    // The wake-up of a job may have come here.
    if (!jobs_.empty()) changed_.notify_one();
}

}  // namespace larder::storage::disk
