#include "policy/tickets.h"

#include <algorithm>

#include "policy/invalidation.h"

namespace larder::policy {

void Tickets::Ticket::reset() {
    if (tickets_) std::exchange(tickets_, nullptr)->end(sequence_);
}

Tickets::Ticket Tickets::begin() {
    const std::lock_guard lock(mutex_);
    const Sequence sequence = ++counter_;
    outstanding_.insert(outstanding_.end(), sequence);
    return {this, sequence};
}

void Tickets::end(Sequence sequence) {
    const std::lock_guard lock(mutex_);
    const bool oldest = !outstanding_.empty() && *outstanding_.begin() == sequence;
    outstanding_.erase(sequence);
    if (oldest) prune();
}

void Tickets::enter(const std::shared_ptr<Invalidation>& invalidation) {
    const std::lock_guard lock(mutex_);
    invalidation->sequence = ++counter_;
    if (!outstanding_.empty()) {
        if (entries_.size() >= backlog_) {
            refuse_before_ = invalidation->sequence;
            entries_.clear();
        } else {
            entries_.push_back(invalidation);
        }
    }
    newest_.store(invalidation->sequence);
}

bool Tickets::permits(const storage::KeyView& key, const storage::Object& object) const {
    if (newest_.load() < object.ticket) return true;
    const std::lock_guard lock(mutex_);
    if (object.ticket < refuse_before_) return false;
    return std::none_of(entries_.begin(), entries_.end(),
                        [&](const auto& invalidation) { return invalidation->selects(key, object); });
}

bool Tickets::joinable(const storage::KeyView& key, const std::string& strategy_name, Sequence ticket) const {
    if (newest_.load() < ticket) return true;
    const std::lock_guard lock(mutex_);
    if (ticket < refuse_before_) return false;
    return std::none_of(entries_.begin(), entries_.end(),
                        [&](const auto& invalidation) { return invalidation->may_select(key, strategy_name, ticket); });
}

void Tickets::prune() {
    if (outstanding_.empty()) {
        entries_.clear();
        return;
    }
    const Sequence oldest = *outstanding_.begin();
    const auto needed = std::find_if(entries_.begin(), entries_.end(),
                                     [&](const auto& invalidation) { return invalidation->sequence > oldest; });
    entries_.erase(entries_.begin(), needed);
}

std::size_t Tickets::kept() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
}

std::size_t Tickets::outstanding() const {
    const std::lock_guard lock(mutex_);
    return outstanding_.size();
}

}  // namespace larder::policy
