#include "policy/tickets.h"

#include <algorithm>

#include "policy/invalidation.h"
#include "policy/key.h"

namespace larder::policy {

namespace {

// So many older numbers of an entry are told apart.
constexpr std::size_t most_replaced = 8;

// Empty: the key is no absolute URL.
std::string_view path_in(std::string_view key_text) {
    const std::size_t offset = path_offset(key_text);
    return offset == std::string_view::npos ? std::string_view() : path_of(key_text, offset);
}

}  // namespace

bool Tickets::Ticket::permits(const storage::KeyView& key, const storage::Object& object,
                              const std::vector<Sequence>& but) const {
    return tickets_ && tickets_->permits(key, object, sequence_, but);
}

void Tickets::Ticket::reset() {
    if (tickets_) std::exchange(tickets_, nullptr)->end(sequence_);
}

void Tickets::change_backlog(std::size_t backlog, std::uint64_t backlog_bytes) {
    const std::lock_guard lock(mutex_);
    backlog_ = backlog;
    backlog_bytes_ = backlog_bytes;
}

Tickets::Ticket Tickets::begin() {
    const std::lock_guard lock(mutex_);
    const Sequence sequence = ++counter_;
    outstanding_.insert(outstanding_.end(), sequence);
    return {this, sequence};
}

void Tickets::end(Sequence sequence) {
    Entries gone;
    const std::lock_guard lock(mutex_);
    outstanding_.erase(sequence);
    prune(gone);
}

Tickets::Applying Tickets::enter(const std::shared_ptr<Invalidation>& invalidation) {
    const std::uint64_t bytes = invalidation->charge() + sizeof(Entry);
    Entries gone;
    const std::lock_guard lock(mutex_);
    invalidation->sequence = ++counter_;
    Entry entry;
    entry.invalidation = invalidation;
    entry.bytes = bytes;
    replace_same(entry, gone);
    const Position position = entries_.insert(entries_.end(), std::move(entry));
    bytes_ += bytes;
    applying_.emplace(invalidation->sequence, position);
    by_path_.emplace(std::pair(invalidation->path(), invalidation->sequence), position);
    newest_.store(invalidation->sequence);
    bound(gone);
    return {this, invalidation->sequence};
}

// Where an older invalidation counts that selects the same, the new one does too.
void Tickets::replace_same(Entry& by, Entries& gone) {
    const std::string_view path = by.invalidation->path();
    auto it = by_path_.lower_bound({path, 0});
    while (it != by_path_.end() && it->first.first == path &&
           !it->second->invalidation->same_selection(*by.invalidation)) {
        ++it;
    }
    if (it == by_path_.end() || it->first.first != path) return;
    const Position old = it->second;
    by.replaced = std::move(old->replaced);
    by.replaced_before = old->replaced_before;
    by.replaced.push_back(old->invalidation->sequence);
    if (by.replaced.size() > most_replaced) {
        by.replaced_before = by.replaced.front();
        by.replaced.erase(by.replaced.begin());
    }
    remove(old, gone);
}

void Tickets::applied(Sequence sequence) {
    Entries gone;
    const std::lock_guard lock(mutex_);
    const auto found = applying_.find(sequence);
    if (found == applying_.end()) return;  // a newer one stands for it
    const Position position = found->second;
    applying_.erase(found);
    position->applied = ++counter_;
    applied_.emplace_hint(applied_.end(), position->applied, position);
    prune(gone);
    bound(gone);
}

void Tickets::Applying::reset() {
    if (tickets_) std::exchange(tickets_, nullptr)->applied(sequence_);
}

void Tickets::remove(Position position, Entries& gone) {
    const Invalidation& invalidation = *position->invalidation;
    if (position->applied == 0) {
        applying_.erase(invalidation.sequence);
    } else {
        applied_.erase(position->applied);
    }
    by_path_.erase({invalidation.path(), invalidation.sequence});
    bytes_ -= position->bytes;
    gone.splice(gone.end(), entries_, position);
}

// An operation that began while the invalidation was being applied may hold what it removed, so the time of its having
// been applied counts, not that of its having been entered. What is refused everything needs no entry.
void Tickets::prune(Entries& gone) {
    const auto oldest = outstanding_.lower_bound(refuse_before_);
    while (!applied_.empty() && (oldest == outstanding_.end() || applied_.begin()->first < *oldest)) {
        remove(applied_.begin()->second, gone);
    }
}

// Those that are being applied stay: what begins now may still find what they remove.
void Tickets::bound(Entries& gone) {
    bool dropped = false;
    while (!applied_.empty() && (entries_.size() > backlog_ || bytes_ > backlog_bytes_)) {
        const Sequence before = applied_.begin()->first;
        const auto from = outstanding_.lower_bound(refuse_before_), to = outstanding_.lower_bound(before);
        refused_ += static_cast<std::uint64_t>(std::distance(from, to));
        refuse_before_ = before;
        remove(applied_.begin()->second, gone);
        dropped = true;
    }
    if (dropped) prune(gone);
}

bool Tickets::counts(const Entry& entry, const storage::KeyView& key, const storage::Object& object, Sequence since,
                     const std::vector<Sequence>& but) {
    if (entry.applied != 0 && entry.applied < since) return false;
    if (!entry.invalidation->selects(key, object)) return false;
    const auto other = [&](Sequence sequence) { return std::find(but.begin(), but.end(), sequence) == but.end(); };
    return other(entry.invalidation->sequence) || entry.replaced_before > object.ticket ||
           std::any_of(entry.replaced.begin(), entry.replaced.end(),
                       [&](Sequence older) { return older > object.ticket && other(older); });
}

template <class Condition>
bool Tickets::any_for(const storage::KeyView& key, Condition condition) const {
    const auto of_path = [&](std::string_view path) {
        for (auto it = by_path_.lower_bound({path, 0}); it != by_path_.end() && it->first.first == path; ++it) {
            if (condition(*it->second)) return true;
        }
        return false;
    };
    const std::string_view path = path_in(key.text);
    return of_path({}) || (!path.empty() && of_path(path));
}

bool Tickets::permits(const storage::KeyView& key, const storage::Object& object, Sequence ticket) const {
    return permits(key, object, ticket, {});
}

bool Tickets::permits(const storage::KeyView& key, const storage::Object& object, Sequence since,
                      const std::vector<Sequence>& but) const {
    if (newest_.load() < object.ticket) return true;
    const std::lock_guard lock(mutex_);
    if (since < refuse_before_) return false;
    return !any_for(key, [&](const Entry& entry) { return counts(entry, key, object, since, but); });
}

bool Tickets::joinable(const storage::KeyView& key, const std::string& strategy_name, Sequence ticket) const {
    if (newest_.load() < ticket) return true;
    const std::lock_guard lock(mutex_);
    if (ticket < refuse_before_) return false;
    return !any_for(key,
                    [&](const Entry& entry) { return entry.invalidation->may_select(key, strategy_name, ticket); });
}

std::size_t Tickets::kept() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
}

std::uint64_t Tickets::kept_bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

std::size_t Tickets::outstanding() const {
    const std::lock_guard lock(mutex_);
    return outstanding_.size();
}

std::uint64_t Tickets::refused() const {
    const std::lock_guard lock(mutex_);
    return refused_;
}

}  // namespace larder::policy
