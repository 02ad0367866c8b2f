#include "storage/disk/pending.h"

#include <algorithm>
#include <utility>

namespace larder::storage::disk {

namespace {

std::uint64_t charge_of(const Operation& erasure) {
    return sizeof erasure + erasure.selection->charge();
}

}  // namespace

Pending::Taken Pending::offer(const OperationPtr& operation) {
    const std::lock_guard lock(mutex_);
    operation->sequence = ++sequence_;
    if (operation->stores()) {
        if (mode_ == Mode::waiting || mode_ == Mode::finished) return Taken::skipped;
        if (mode_ == Mode::failing || sealed_) return Taken::failed;
        if (bytes_ + operation->bytes > most_bytes_) return Taken::skipped;
        stores_[operation->key.hash].push_back(operation);
    } else if (mode_ == Mode::finished) {
        return Taken::denied;
    } else if (mode_ == Mode::waiting) {
        if (operation->kind == Operation::Kind::erase && operation->erasure != Erasure::dry_run) deny_locked(operation);
        return Taken::denied;
    } else if (operation->kind == Operation::Kind::erase) {
        if (sealed_) return Taken::sealed;
        if (too_many(*operation)) {
            if (operation->erasure == Erasure::dry_run) return Taken::sealed;
            seal();
            return Taken::seals;
        }
        erasures_.push_back(operation);
        erasure_bytes_ += charge_of(*operation);
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
    PermitPtr permit;  // let go of without the lock
    const std::lock_guard lock(mutex_);
    permit = std::move(operation->permit);
    bytes_ -= operation->bytes;
    if (operation->stores()) {
        const auto found = stores_.find(operation->key.hash);
        if (found == stores_.end()) return;
        std::erase(found->second, operation);
        if (found->second.empty()) stores_.erase(found);
    } else if (operation->kind == Operation::Kind::erase) {
        if (std::erase(erasures_, operation) > 0) erasure_bytes_ -= charge_of(*operation);
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
    seen.sealed = sealed_;
    if (sealed_) return seen;
    seen.denied = denied_;
    if (const auto found = stores_.find(hash); found != stores_.end()) {
        for (const OperationPtr& store : found->second) seen.changes.push_back({store, store->permit});
    }
    if (!erasures_.empty()) {
        for (const OperationPtr& erasure : erasures_) seen.changes.push_back({erasure, nullptr});
        std::sort(seen.changes.begin(), seen.changes.end(),
                  [](const Change& a, const Change& b) { return a.operation->sequence < b.operation->sequence; });
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
    if (std::erase(erasures_, operation) > 0) erasure_bytes_ -= charge_of(*operation);
    deny_locked(std::move(operation));
}

void Pending::deny_locked(OperationPtr operation) {
    if (sealed_) return;
    if (too_many(*operation)) return seal();
    erasure_bytes_ += charge_of(*operation);
    denied_.push_back(std::move(operation));
}

bool Pending::too_many(const Operation& more) const {
    return erasures_.size() + denied_.size() >= bounds_.erasures ||
           erasure_bytes_ + charge_of(more) > bounds_.erasure_bytes;
}

// With the content go the erasures that it was denied.
void Pending::seal() {
    for (const OperationPtr& denied : denied_) erasure_bytes_ -= charge_of(*denied);
    denied_.clear();
    sealed_ = true;
    woken_ = true;
    changed_.notify_one();
}

std::vector<OperationPtr> Pending::denied() const {
    const std::lock_guard lock(mutex_);
    return denied_;
}

bool Pending::sealed() const {
    const std::lock_guard lock(mutex_);
    return sealed_;
}

void Pending::made(std::size_t count) {
    const std::lock_guard lock(mutex_);
    if (sealed_) return;
    const auto end = denied_.begin() + static_cast<std::ptrdiff_t>(count);
    std::for_each(denied_.begin(), end, [&](const OperationPtr& made) { erasure_bytes_ -= charge_of(*made); });
    denied_.erase(denied_.begin(), end);
}

void Pending::forget_denied() {
    const std::lock_guard lock(mutex_);
    for (const OperationPtr& denied : denied_) erasure_bytes_ -= charge_of(*denied);
    denied_.clear();
    sealed_ = false;
}

}  // namespace larder::storage::disk
