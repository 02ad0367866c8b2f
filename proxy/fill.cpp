#include "proxy/fill.h"

#include <algorithm>

namespace larder::proxy {

Fill::~Fill() = default;

Fill::Progress Fill::progress() const {
    const std::lock_guard lock(mutex_);
    return progress_;
}

void Fill::notify() {
    for (Follower* follower : followers_) follower->wakeup_.notify();
}

void Fill::begin_fetch(policy::Sequence ticket, Steady::time_point now) {
    ticket_.store(ticket);
    const std::lock_guard lock(mutex_);
    progress_.asked = now;
}

void Fill::unshare() {
    const std::lock_guard lock(mutex_);
    progress_.state = State::unshared;
    notify();
}

void Fill::fail(const Problem& problem) {
    const std::lock_guard lock(mutex_);
    progress_.state = State::failed;
    progress_.problem = problem;
    notify();
}

void Fill::begin(storage::ObjectPtr head, std::optional<std::uint64_t> length) {
    const std::lock_guard lock(mutex_);
    progress_.state = State::streaming;
    progress_.object = std::move(head);
    progress_.length = length;
    body_ = std::make_shared<storage::Body>();
    notify();
}

void Fill::append(storage::Body::Piece piece, bool quietly) {
    const std::lock_guard lock(mutex_);
    if (progress_.kept) body_->append(piece);
    const std::uint64_t begin = std::exchange(progress_.produced, progress_.produced + piece.size);
    if (!pieces_.empty() && piece.continues(pieces_.back().piece)) {
        pieces_.back().piece.size += piece.size;
    } else {
        pieces_.push_back({begin, std::move(piece)});
    }
    if (!quietly) notify();
}

void Fill::stop_keeping() {
    const std::lock_guard lock(mutex_);
    progress_.kept = false;
    body_.reset();
    drop_passed();
    notify();
}

void Fill::overtaken() {
    const std::lock_guard lock(mutex_);
    progress_.overtaken = true;
}

void Fill::complete(storage::ObjectPtr object) {
    const std::lock_guard lock(mutex_);
    progress_.state = State::complete;
    if (object) progress_.object = std::move(object);
    notify();
}

void Fill::break_off() {
    const std::lock_guard lock(mutex_);
    progress_.state = State::broken;
    notify();
}

std::size_t Fill::followers() const {
    const std::lock_guard lock(mutex_);
    return followers_.size();
}

std::uint64_t Fill::fastest() const {
    std::uint64_t position = 0;
    for (const Follower* follower : followers_) position = std::max(position, follower->position_);
    return position;
}

// Lets go of pieces that everybody has, or that only those who are too far behind still want.
void Fill::drop_passed() {
    if (progress_.kept) return;
    std::uint64_t slowest = progress_.produced;
    for (const Follower* follower : followers_) slowest = std::min(slowest, follower->position_);
    const std::uint64_t ahead = fastest();
    const std::uint64_t keep_from = std::max(slowest, ahead > window_ ? ahead - window_ : 0);
    while (!pieces_.empty() && pieces_.front().end() <= keep_from) pieces_.pop_front();
}

std::uint64_t Fill::pinned() const {
    const std::lock_guard lock(mutex_);
    if (progress_.state == State::complete && progress_.object && progress_.object->body) {
        return progress_.object->body->outside();
    }
    if (progress_.kept && progress_.state == State::streaming) return 0;
    std::uint64_t sum = 0;
    const storage::Piece* before = nullptr;
    for (const Placed& placed : pieces_) {
        const storage::Piece& piece = placed.piece;
        if (piece.outside() && (!before || !piece.same_block(*before))) sum += piece.charge();
        before = &piece;
    }
    return sum;
}

Task<bool> Fill::room(Wakeup& wakeup, std::uint64_t behind) {
    for (;;) {
        {
            const std::lock_guard lock(mutex_);
            if (followers_.empty()) {
                producer_ = nullptr;
                co_return false;
            }
            if (progress_.produced - fastest() <= behind) {
                producer_ = nullptr;
                co_return true;
            }
            producer_ = &wakeup;
        }
        co_await wakeup.wait();
    }
}

Fill::Follower::Follower(std::shared_ptr<Fill> fill, Executor executor, std::size_t most)
    : fill_(std::move(fill)), wakeup_(std::move(executor)) {
    const std::lock_guard lock(fill_->mutex_);
    // The first pieces may be gone already.
    if (fill_->first() > 0 || fill_->followers_.size() >= most) return;
    fill_->followers_.push_back(this);
    joined_ = true;
}

Fill::Follower::~Follower() {
    if (!joined_) return;
    const std::lock_guard lock(fill_->mutex_);
    std::erase(fill_->followers_, this);
    fill_->drop_passed();
    if (fill_->producer_) fill_->producer_->notify();
}

Fill::Follower::Next Fill::Follower::next(std::size_t most) {
    Next next;
    const std::lock_guard lock(fill_->mutex_);
    const Fill& fill = *fill_;
    next.kept = fill.progress_.kept;
    if (position_ < fill.first()) {
        next.cut = true;
        return next;
    }
    constexpr std::size_t most_pieces = 15, least_part = 16 * 1024;
    auto placed = std::upper_bound(fill.pieces_.begin(), fill.pieces_.end(), position_,
                                   [](std::uint64_t at, const Placed& each) { return at < each.end(); });
    std::size_t taken = 0;
    for (; placed != fill.pieces_.end() && taken < most && next.pieces.size() < most_pieces; ++placed) {
        const auto skip = static_cast<std::size_t>(position_ - placed->begin);
        const std::size_t size = std::min(placed->piece.size - skip, std::max(most - taken, least_part));
        next.pieces.push_back(placed->piece.part(skip, size));
        taken += size;
        position_ += size;
        if (skip + size < placed->piece.size) break;
    }
    const bool all = position_ == fill.progress_.produced;
    next.end = all && fill.progress_.state == State::complete;
    next.cut = all && next.pieces.empty() && fill.progress_.state == State::broken;
    if (taken > 0) {
        fill_->drop_passed();
        if (fill_->producer_) fill_->producer_->notify();
    }
    return next;
}

}  // namespace larder::proxy
