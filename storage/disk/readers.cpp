#include "storage/disk/readers.h"

#include <algorithm>
#include <utility>

namespace larder::storage::disk {

Readers::Readers(unsigned threads) {
    for (unsigned i = 0; i < std::max(threads, 1u); ++i) threads_.emplace_back([this] { run(); });
}

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
    std::unique_lock lock(mutex_);
    while (true) {
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
}

}  // namespace larder::storage::disk
