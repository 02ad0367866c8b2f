#include "policy/tickets.h"

#include <algorithm>

#include "policy/invalidation.h"

namespace larder::policy {

void Tickets::Ticket::reset() {
    if (tickets_) std::exchange(tickets_, nullptr)->end(sequence_);
}

void Tickets::change_backlog(std::size_t backlog) {
    const std::lock_guard lock(mutex_);
    backlog_ = backlog;
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

Tickets::Applying Tickets::enter(const std::shared_ptr<Invalidation>& invalidation) {
    const std::lock_guard lock(mutex_);
    invalidation->sequence = ++counter_;
    if (entries_.size() >= backlog_) {
        refuse_before_ = invalidation->sequence;
        entries_.clear();
    } else {
        entries_.push_back({invalidation, 0});
    }
    ++applying_;
    newest_.store(invalidation->sequence);
    return {this, invalidation->sequence};
}

void Tickets::applied(Sequence sequence) {
    const std::lock_guard lock(mutex_);
    --applying_;
    for (Entry& entry : entries_) {
        if (entry.invalidation->sequence == sequence) entry.applied = ++counter_;
    }
    prune();
}

void Tickets::Applying::reset() {
    if (tickets_) std::exchange(tickets_, nullptr)->applied(sequence_);
}

bool Tickets::permits(const storage::KeyView& key, const storage::Object& object) const {
    if (newest_.load() < object.ticket) return true;
    return permits(key, object, {});
}

bool Tickets::permits(const storage::KeyView& key, const storage::Object& object,
                      const std::vector<Sequence>& but) const {
    const std::lock_guard lock(mutex_);
    if (object.ticket < refuse_before_) return false;
    return std::none_of(entries_.begin(), entries_.end(), [&](const Entry& entry) {
        const bool own = std::find(but.begin(), but.end(), entry.invalidation->sequence) != but.end();
        return !own && entry.invalidation->selects(key, object);
    });
}

bool Tickets::joinable(const storage::KeyView& key, const std::string& strategy_name, Sequence ticket) const {
    if (newest_.load() < ticket) return true;
    const std::lock_guard lock(mutex_);
    if (ticket < refuse_before_) return false;
    return std::none_of(entries_.begin(), entries_.end(),
                        [&](const Entry& entry) { return entry.invalidation->may_select(key, strategy_name, ticket); });
}

// A lookup that began while the invalidation was being applied may hold what it removed, so the time of its having been
// applied counts, not that of its having been entered.
void Tickets::prune() {
    std::erase_if(entries_, [&](const Entry& entry) {
        return entry.applied != 0 && (outstanding_.empty() || *outstanding_.begin() > entry.applied);
    });
    if (outstanding_.empty() && applying_ == 0) refuse_before_ = 0;
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
