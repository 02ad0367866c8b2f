#include "proxy/storing.h"

#include <algorithm>

#include "policy/part.h"
#include "policy/stored.h"
#include "proxy/following.h"
#include "proxy/provenance.h"
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

bool Storing::take_first() {
    if (what_.begins_with) {
        // These bytes are the layers' already: they are shared, not copied.
        for (const auto& piece : what_.begins_with->pieces) filling_.fill->append(piece);
        size_ = what_.begins_with->size;
    }
    return take_at_hand(connection_->piece_at_hand());
}

// A part joins what is held of the same representation, or takes its place; beside a whole it is of no use.
storage::ObjectPtr Storing::put_together(std::shared_ptr<storage::Object> received) const {
    const auto held = running_->tiers->held(key_, received->vary, what_.strategy);
    if (!held || !held->lifetime.fresh(worker_.shared().clock.unix_time())) return received;
    if (!held->part) return policy::same_representation(*held, *received) ? nullptr : received;
    // An invalidation since its fetch concerns it, though not what came now.
    if (!policy::combinable(*held, *received) || !ticket_->permits(key_, *held)) return received;
    auto joined = std::make_shared<storage::Object>(policy::combined(*held, *received));
    joined->body = compact(std::const_pointer_cast<storage::Body>(joined->body));
    const bool fits = !joined->part || joined->body->size <= running_->tiers->largest_part(what_.strategy);
    return fits ? joined : received;
}

void Storing::finish() {
    Shared& shared = worker_.shared();
    storage::ObjectPtr object;
    if (keeping_) {
        auto made = std::make_shared<storage::Object>(*what_.head);
        made->body = compact(filling_.fill->body());
        object = made;
        storage::ObjectPtr kept = made->part ? put_together(made) : object;
        const auto stored = !kept ? storage::Stored::superseded
                                  : running_->tiers->store(key_, kept, what_.strategy, ticket_, worker_.metrics());
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

std::shared_ptr<storage::Object> stored_response(Searches& searches, const Exchange& exchange,
                                                 const policy::Request& request, const Fetched& fetched,
                                                 policy::Sequence ticket) {
    const policy::Response response{fetched.head.status, fetched.head.fields, fetched.request_time,
                                    fetched.response_time};
    auto object = std::make_shared<storage::Object>(policy::stored_object(request, response, exchange.strategy->rules));
    object->fields.insert(object->sent_fields().size(),
                          fetched.head.minor == 0 ? "Via: 1.0 larder\r\n" : "Via: 1.1 larder\r\n");
    set_provenance(*object, exchange, searches);
    object->ticket = ticket;
    object->stored_at = fetched.response_time;
    return object;
}

std::optional<std::uint64_t> body_length(const h1::ResponseHead& head) {
    if (head.framing == h1::BodyFraming::none) return 0;
    return head.framing == h1::BodyFraming::length ? std::optional(head.content_length) : std::nullopt;
}

Task<void> store_and_answer(Worker& worker, Exchange& exchange, Downstream* client, Filling filling, Storing::What what,
                            std::optional<std::uint64_t> length, Tiers::Hold ticket,
                            std::unique_ptr<UpstreamConnection> connection) {
    const std::shared_ptr<Fill> fill = filling.fill;
    fill->begin(what.head, length);
    std::optional<Fill::Follower> leader;
    if (client) leader.emplace(fill, worker.executor(), ~std::size_t{0});
    auto storing =
        std::make_unique<Storing>(worker, exchange.running, exchange.key, std::move(filling), std::move(what),
                                  std::move(ticket), std::move(connection), *exchange.upstream);
    // What came with the head is for a small response all of it.
    if (!storing->take_first()) {
        worker.shared().loops.run(worker.executor(), Errand::fill, Storing::take_rest(std::move(storing)));
    }
    if (!client) co_return;
    const Sent sent = co_await stream_fill(worker, exchange, *client, *leader);
    if (sent != Sent::all) {
        if (fill->progress().state == Fill::State::broken) exchange.result = Result::error;
        client->cut();
    }
}

}  // namespace larder::proxy
