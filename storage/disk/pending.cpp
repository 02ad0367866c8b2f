#include "storage/disk/pending.h"

#include <algorithm>
#include <utility>

namespace larder::storage::disk {

Pending::Taken Pending::offer(const OperationPtr& operation) {
    const std::lock_guard lock(mutex_);
    operation->sequence = ++sequence_;
    if (operation->stores()) {
        if (mode_ == Mode::waiting || mode_ == Mode::finished) return Taken::skipped;
        if (mode_ == Mode::failing) return Taken::failed;
        if (bytes_ + operation->bytes > most_bytes_) return Taken::skipped;
        stores_[operation->hash].push_back(operation);
    } else if (mode_ == Mode::finished) {
        return Taken::denied;
    } else if (mode_ == Mode::waiting) {
        if (operation->kind == Operation::Kind::erase && operation->erasure != Erasure::dry_run) deny_locked(operation);
        return Taken::denied;
    } else if (operation->kind == Operation::Kind::erase) {
        erasures_.push_back(operation);
    }
    bytes_ += operation->bytes;
    queue_.push_back(operation);
    const bool urgent = !operation->stores();
    // The writer need not be woken for each of many stores: it looks again by itself when its batch has lingered.
    if (idle_ || (urgent && !urgent_)) changed_.notify_one();
    urgent_ = urgent_ || urgent;
    return Taken::yes;
}

void Pending::set_most_bytes(std::uint64_t most_bytes) {
    const std::lock_guard lock(mutex_);
    most_bytes_ = most_bytes;
}

void Pending::set_mode(Mode mode) {
    const std::lock_guard lock(mutex_);
    mode_ = mode;
}

Pending::Mode Pending::mode() const {
    const std::lock_guard lock(mutex_);
    return mode_;
}

std::vector<OperationPtr> Pending::take(std::chrono::steady_clock::time_point until, std::chrono::milliseconds linger,
                                        std::size_t at_most, std::uint64_t most_bytes) {
    std::unique_lock lock(mutex_);
    idle_ = true;
    changed_.wait_until(lock, until, [&] { return !queue_.empty() || woken_; });
    idle_ = false;
    if (!queue_.empty() && !urgent_ && !woken_ && queue_.size() < at_most && bytes_ < most_bytes) {
        changed_.wait_for(lock, linger, [&] { return urgent_ || woken_; });
    }
    woken_ = false;
    std::vector<OperationPtr> taken;
    std::uint64_t bytes = 0;
    while (!queue_.empty() && taken.size() < at_most) {
        bytes += queue_.front()->bytes;
        if (!taken.empty() && bytes > most_bytes) break;
        taken.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    urgent_ = std::any_of(queue_.begin(), queue_.end(), [](const OperationPtr& left) { return !left->stores(); });
    return taken;
}

void Pending::wake() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    changed_.notify_one();
}

void Pending::settle(const OperationPtr& operation) {
    const std::lock_guard lock(mutex_);
    bytes_ -= operation->bytes;
    if (operation->stores()) {
        const auto found = stores_.find(operation->hash);
        if (found == stores_.end()) return;
        std::erase(found->second, operation);
        if (found->second.empty()) stores_.erase(found);
    } else if (operation->kind == Operation::Kind::erase) {
        std::erase(erasures_, operation);
    }
}

bool Pending::empty() const {
    const std::lock_guard lock(mutex_);
    return queue_.empty();
}

std::uint64_t Pending::bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

Pending::Seen Pending::seen(const KeyHash& hash) const {
    Seen seen;
    const std::lock_guard lock(mutex_);
    seen.denied = denied_;
    if (const auto found = stores_.find(hash); found != stores_.end()) seen.operations = found->second;
    if (!erasures_.empty()) {
        seen.operations.insert(seen.operations.end(), erasures_.begin(), erasures_.end());
        std::sort(seen.operations.begin(), seen.operations.end(),
                  [](const OperationPtr& a, const OperationPtr& b) { return a->sequence < b->sequence; });
    }
    return seen;
}

std::vector<OperationPtr> Pending::stores() const {
    std::vector<OperationPtr> all;
    const std::lock_guard lock(mutex_);
    for (const auto& [hash, operations] : stores_) all.insert(all.end(), operations.begin(), operations.end());
    return all;
}

void Pending::deny(OperationPtr operation) {
    const std::lock_guard lock(mutex_);
    deny_locked(std::move(operation));
}

void Pending::deny_locked(OperationPtr operation) {
    if (denied_.size() < most_denied_) {
        denied_.push_back(std::move(operation));
    } else {
        denied_overflow_ = true;
    }
}

std::vector<OperationPtr> Pending::denied() const {
    const std::lock_guard lock(mutex_);
    return denied_;
}

bool Pending::denied_overflow() const {
    const std::lock_guard lock(mutex_);
    return denied_overflow_;
}

void Pending::made(std::size_t count) {
    const std::lock_guard lock(mutex_);
    denied_.erase(denied_.begin(), denied_.begin() + static_cast<std::ptrdiff_t>(count));
}

void Pending::forget_denied() {
    const std::lock_guard lock(mutex_);
    denied_.clear();
    denied_overflow_ = false;
}

}  // namespace larder::storage::disk
