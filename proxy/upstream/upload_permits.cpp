#include "proxy/upstream/upload_permits.h"

#include <algorithm>

namespace larder::proxy {

bool UploadPermits::grant(Waiter& waiter) {
    if (taken_ >= most_) return false;
    const auto known = by_client_.find(waiter.client);
    if (known != by_client_.end() && known->second >= most_per_client_) return false;
    ++taken_;
    ++by_client_[waiter.client];
    waiter.granted = true;
    return true;
}

UploadPermits::Taken UploadPermits::take(const std::shared_ptr<Waiter>& waiter) {
    const std::lock_guard lock(mutex_);
    if (grant(*waiter)) return Taken::granted;
    if (queue_.size() >= max_queue_) return Taken::queue_full;
    queue_.push_back(waiter);
    return Taken::wait;
}

bool UploadPermits::has(const Waiter& waiter) const {
    const std::lock_guard lock(mutex_);
    return waiter.granted;
}

bool UploadPermits::leave_queue(const std::shared_ptr<Waiter>& waiter) {
    const std::lock_guard lock(mutex_);
    std::erase(queue_, waiter);
    return waiter->granted;
}

void UploadPermits::give_back(const std::string& client) {
    std::shared_ptr<Waiter> next;
    {
        const std::lock_guard lock(mutex_);
        --taken_;
        const auto known = by_client_.find(client);
        if (--known->second == 0) by_client_.erase(known);
        const auto granted =
            std::find_if(queue_.begin(), queue_.end(), [&](const auto& waiter) { return grant(*waiter); });
        if (granted != queue_.end()) {
            next = *granted;
            queue_.erase(granted);
        }
    }
    if (next) next->wakeup.notify();
}

unsigned UploadPermits::taken() const {
    const std::lock_guard lock(mutex_);
    return taken_;
}

}  // namespace larder::proxy
