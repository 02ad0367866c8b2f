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
    produced_ += piece.size;
    if (keeping_) {
        body_->size += piece.size;
        body_->pieces.push_back(piece);
    }
    pieces_.push_back(std::move(piece));
    if (!quietly) notify();
}

void Fill::stop_keeping() {
    const std::lock_guard lock(mutex_);
    keeping_ = false;
    body_.reset();
    drop_passed();
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
    if (keeping_) return;
    std::uint64_t slowest = produced_;
    for (const Follower* follower : followers_) slowest = std::min(slowest, follower->position_);
    const std::uint64_t ahead = fastest();
    const std::uint64_t keep_from = std::max(slowest, ahead > window_ ? ahead - window_ : 0);
    std::uint64_t begin = produced_;
    for (const auto& piece : pieces_) begin -= piece.size;
    std::size_t drop = 0;
    while (drop < pieces_.size() && begin + pieces_[drop].size <= keep_from) begin += pieces_[drop++].size;
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(drop));
    first_piece_ += drop;
}

Task<bool> Fill::room(Wakeup& wakeup) {
    for (;;) {
        {
            const std::lock_guard lock(mutex_);
            if (followers_.empty()) {
                producer_ = nullptr;
                co_return false;
            }
            if (produced_ - fastest() <= window_) {
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
    if (fill_->first_piece_ > 0 || fill_->followers_.size() >= most) return;
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
    if (piece_ < fill.first_piece_) {
        next.cut = true;
        return next;
    }
    std::size_t taken = 0;
    while (piece_ - fill.first_piece_ < fill.pieces_.size() && taken < most && next.pieces.size() < 15) {
        next.pieces.push_back(fill.pieces_[piece_ - fill.first_piece_]);
        taken += next.pieces.back().size;
        ++piece_;
    }
    position_ += taken;
    const bool all = piece_ - fill.first_piece_ == fill.pieces_.size();
    next.end = all && fill.progress_.state == State::complete;
    next.cut = all && next.pieces.empty() && fill.progress_.state == State::broken;
    if (taken > 0) {
        fill_->drop_passed();
        if (fill_->producer_) fill_->producer_->notify();
    }
    return next;
}

}  // namespace larder::proxy
