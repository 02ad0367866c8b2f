#include "proxy/storing.h"

#include <algorithm>

#include "proxy/upstream/upstream.h"
#include "proxy/worker.h"

namespace larder::proxy {
namespace {

// Many small pieces, as a slow chunked origin sends them, are put together before they are kept for long.
std::shared_ptr<const storage::Body> compact(const std::shared_ptr<storage::Body>& body) {
    constexpr std::size_t piece_size = 256 * config::KiB;
    if (body->pieces.size() <= 1 + body->size / (16 * config::KiB)) return body;
    auto made = std::make_shared<storage::Body>();
    made->size = body->size;
    std::uint64_t left = body->size;
    std::size_t filled = 0;
    for (const auto& piece : body->pieces) {
        std::size_t taken = 0;
        while (taken < piece.size) {
            if (made->pieces.empty() || filled == made->pieces.back().size) {
                const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece_size));
                made->pieces.push_back({std::shared_ptr<char[]>(new char[size]), size});
                left -= size;
                filled = 0;
            }
            auto& to = made->pieces.back();
            const std::size_t n = std::min(piece.size - taken, to.size - filled);
            std::copy_n(piece.data.get() + taken, n, to.data.get() + filled);
            taken += n;
            filled += n;
        }
    }
    return made;
}

storage::Body::Piece copied(std::string_view data) {
    storage::Body::Piece piece{std::shared_ptr<char[]>(new char[data.size()]), data.size()};
    std::copy(data.begin(), data.end(), piece.data.get());
    return piece;
}

}  // namespace

Storing::Storing(Worker& worker, std::shared_ptr<const Running> running, const storage::KeyView& key, Filling filling,
                 What what, Tiers::Hold ticket, std::unique_ptr<UpstreamConnection> connection, Upstream& upstream)
    : worker_(worker),
      running_(std::move(running)),
      key_text_(key.text),
      key_{key_text_, key.hash, key.path_offset},
      filling_(std::move(filling)),
      what_(std::move(what)),
      ticket_(std::move(ticket)),
      connection_(std::move(connection)),
      upstream_(upstream) {}

Storing::~Storing() {
    // Given up, by an error or an exception: nobody may wait for it any longer.
    if (!finished_) {
        filling_.unlist(worker_.shared().fills);
        filling_.fill->break_off();
    }
    worker_.shared().fills.release(reserved_);
}

bool Storing::room_for(std::uint64_t bytes) {
    size_ += bytes;
    if (size_ > what_.max_size) {
        // Its next response will be no smaller: requests for it need not wait for one another.
        Shared& shared = worker_.shared();
        shared.remembered.uncacheable(key_.hash,
                                      shared.clock.unix_time() + running_->config.limits.uncacheable_memory.count());
        return false;
    }
    constexpr std::uint64_t bookkeeping = 128;  // of a piece
    if (!worker_.shared().fills.reserve(bytes + bookkeeping)) {
        worker_.metrics().limit(Limit::fills_bytes);
        return false;
    }
    reserved_ += bytes + bookkeeping;
    return true;
}

// The last of it is shown when the whole is stored: who has all of it, and asks again, gets a hit.
void Storing::append(std::string_view data, bool last) {
    filling_.fill->append(copied(data), last);
    if (!keeping_ || room_for(data.size())) return;
    // It will not be stored. From now on nobody can join, since its beginning will be gone.
    keeping_ = false;
    filling_.unlist(worker_.shared().fills);
    filling_.fill->overtaken();  // for whoever has found it already and does not follow it yet
    filling_.fill->stop_keeping();
    worker_.shared().fills.release(std::exchange(reserved_, 0));
    ticket_.reset();
}

// What one read brought, which can be many small chunks, becomes one piece.
bool Storing::take_at_hand(UpstreamConnection::Piece piece) {
    const std::string_view first = piece.data;
    std::string several;
    while (!piece.end && piece.error == UpstreamError::none && !piece.data.empty()) {
        piece = connection_->piece_at_hand();
        if (piece.data.empty()) break;
        if (several.empty()) several = first;
        several += piece.data;
    }
    const std::string_view all = several.empty() ? first : std::string_view(several);
    if (!all.empty()) append(all, piece.end);
    if (piece.end) finish();
    return piece.end;
}

void Storing::finish() {
    Shared& shared = worker_.shared();
    storage::ObjectPtr object;
    if (keeping_) {
        auto made = std::make_shared<storage::Object>(*what_.head);
        made->body = compact(filling_.fill->body());
        object = std::move(made);
        const auto stored = running_->tiers->store(key_, object, what_.strategy, ticket_, worker_.metrics());
        if (stored == storage::Stored::invalidated) filling_.fill->overtaken();
    }
    filling_.unlist(shared.fills);
    filling_.fill->complete(object);
    finished_ = true;
    ticket_.reset();
    if (what_.keep_alive && connection_->ended_cleanly()) worker_.pool().release(std::move(connection_));
}

Task<void> Storing::take_rest(std::unique_ptr<Storing> storing) {
    Worker& worker = storing->worker_;
    const Background background(worker);
    Wakeup wakeup(worker.executor());
    for (;;) {
        const auto piece = co_await storing->connection_->next_piece(storing->upstream_.settings().idle_timeout);
        if (piece.error != UpstreamError::none) {
            storing->upstream_.counters(worker.index()).failed(piece.error);
            break;
        }
        if (storing->take_at_hand(piece)) break;
        if (!storing->keeping_) {
            const bool wanted = co_await storing->filling_.fill->room(wakeup);
            if (!wanted) break;
        }
    }
    storing.reset();  // before `background`: it ends the worker's wait for us
}

}  // namespace larder::proxy
