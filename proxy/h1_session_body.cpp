#include "proxy/h1_session.h"
#include "proxy/worker.h"

// The body of a request: pulled by whoever forwards it, or read away.

namespace larder::proxy {
namespace {

constexpr std::size_t body_buffer_size = 64 * config::KiB;
constexpr std::size_t small_chunk = 1 * config::KiB;
constexpr std::size_t joined_most = 16 * config::KiB;
constexpr std::size_t least_body_buffer = 4 * config::KiB;  // where there is no room for more

}  // namespace

Task<Downstream::BodyPiece> H1Session::next_body_piece() {
    const auto& limits = exchange_.running->config.limits;
    BodyPiece piece;
    const bool first = !body_.taken();
    body_.mark_taken();
    if (first && head_.expect_continue && !body_.ended() && begin_ == end_) {
        if (!co_await interim(100, {})) {
            piece.failed = true;
            co_return piece;
        }
    }
    if (first) {
        body_progress_.emplace(deadline_, limits.request_body_timeout, limits.minimum_rate);
    } else if (body_progress_) {
        body_progress_->resume();
    }
    joined_chunks_.clear();
    for (;;) {
        // First what came with the head, then what came behind it.
        const bool from_head = begin_ != end_;
        const auto step = body_.feed(from_head ? unread() : unread_body());
        (from_head ? begin_ : body_begin_) += step.consumed;
        if (step.malformed) {
            worker_.metrics().limit(Limit::malformed);
            piece.failed = true;
            break;
        }
        if (limits.request_body_bytes != 0 && body_.seen() > limits.request_body_bytes) {
            worker_.metrics().limit(Limit::request_body);
            piece.failed = true;
            piece.status = 413;
            break;
        }
        piece.end = body_.ended();
        const bool more = !piece.end && (begin_ != end_ || body_begin_ != body_end_);
        // Small chunks that came together go on together.
        const bool joins = !joined_chunks_.empty() || (more && step.data.size() < small_chunk);
        if (joins) joined_chunks_ += step.data;
        piece.data = joins ? std::string_view(joined_chunks_) : step.data;
        if (more && piece.data.size() < joined_most && (joins || piece.data.empty())) continue;
        if (piece.end || !piece.data.empty()) {
            body_progress_->pause();  // from here on we keep the client waiting
            co_return piece;
        }
        const std::uint64_t known = body_.known_remaining();
        if (body_buffer_.empty()) {
            const std::uint64_t size =
                known > least_body_buffer ? std::min<std::uint64_t>(known, body_buffer_size) : body_buffer_size;
            body_buffer_.resize(body_room_.ensure(size) ? static_cast<std::size_t>(size) : least_body_buffer);
        }
        const std::size_t most =
            known > 0 && known < body_buffer_.size() ? static_cast<std::size_t>(known) : body_buffer_.size();
        const auto [error, n] = co_await socket_.async_read_some(asio::buffer(body_buffer_.data(), most), no_throw);
        body_begin_ = 0;
        body_end_ = n;
        body_progress_->moved(n);
        if (error && n == 0) {
            piece.failed = true;
            if (deadline_.expired()) {
                worker_.metrics().limit(Limit::request_body_time);
                piece.status = 408;
            }
            break;
        }
    }
    body_progress_.reset();
    keep_alive_ = false;
    co_return piece;
}

void H1Session::interrupt_body() {
    error_code ignored;
    socket_.cancel(ignored);
}

// An answer may have been given without the request's body having been read. A short rest is read and thrown away, so
// that the connection can go on; a long one ends it. No byte of it is ever taken for a request.
Task<bool> H1Session::dispose_of_body() {
    const std::uint64_t before = body_.seen();
    if (body_.known_remaining() > disposable) co_return false;
    for (;;) {
        const auto piece = co_await next_body_piece();
        if (piece.failed || body_.seen() - before > disposable) co_return false;
        if (piece.end) co_return true;
    }
}

// Bytes of the next request that came with this one's body.
void H1Session::take_over_rest() {
    const std::string_view rest = unread_body();
    if (rest.empty()) return;
    buffer_.assign(rest.begin(), rest.end());
    begin_ = body_begin_ = body_end_ = 0;
    end_ = buffer_.size();
}

}  // namespace larder::proxy
