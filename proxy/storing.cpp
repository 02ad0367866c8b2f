#include "proxy/storing.h"

#include <algorithm>

#include "policy/part.h"
#include "policy/stored.h"
#include "proxy/body_blocks.h"
#include "proxy/following.h"
#include "proxy/pass.h"
#include "proxy/provenance.h"
#include "proxy/reserve.h"
#include "proxy/run_exchange.h"
#include "proxy/upstream/upstream.h"
#include "proxy/worker.h"

namespace larder::proxy {
Storing::Storing(Worker& worker, std::shared_ptr<const Running> running, const storage::KeyView& key, Filling filling,
                 What what, Tiers::Hold ticket, std::unique_ptr<UpstreamConnection> connection, Upstream& upstream,
                 std::optional<std::uint64_t> length, bool followed)
    : worker_(worker),
      running_(std::move(running)),
      key_text_(key.text),
      key_{key_text_, key.hash, key.path_offset},
      filling_(std::move(filling)),
      what_(std::move(what)),
      ticket_(std::move(ticket)),
      connection_(std::move(connection)),
      upstream_(upstream),
      length_(length),
      followed_(followed),
      reservation_(worker.shared().account, storage::Account::Purpose::fill) {}

Storing::~Storing() {
    // Given up, by an error or an exception: nobody may wait for it any longer.
    if (finished_) return;
    filling_.unlist(worker_.shared().fills);
    filling_.fill->break_off();
}

Task<bool> Storing::begin() {
    if (length_) {
        const std::uint64_t there = what_.begins_with ? what_.begins_with->size : 0;
        const std::uint64_t comes = charge_of_body(*length_ - std::min(there, *length_));
        keeping_ = co_await reserve(worker_, reservation_, comes);
    }
    if (keeping_) {
        filling_.fill->begin(what_.head, length_);
        co_return true;
    }
    // Nobody else joins, since its beginning will be gone. Those who wait already get it as it comes, if they can have
    // all of it however slow they are.
    worker_.metrics().limit(Limit::fills_bytes);
    filling_.unlist(worker_.shared().fills);
    if (*length_ > filling_.fill->window()) filling_.fill->overtaken();
    filling_.fill->begin(what_.head, length_);
    filling_.fill->stop_keeping();
    ticket_.reset();
    co_return false;
}

// It will not be stored. From now on nobody can join, since its beginning will be gone.
void Storing::stop_keeping() {
    keeping_ = false;
    filling_.unlist(worker_.shared().fills);
    filling_.fill->overtaken();  // for whoever has found it already and does not follow it yet
    filling_.fill->stop_keeping();
    block_ = {};
    used_ = 0;
    reservation_.end();
    ticket_.reset();
}

Task<bool> Storing::open_block(std::size_t coming, bool last) {
    std::uint64_t bytes = coming;
    if (length_) {
        bytes = std::max<std::uint64_t>(bytes, *length_ - std::min(*length_, filling_.fill->progress().produced));
    } else if (!last) {
        bytes = std::max<std::uint64_t>({bytes, size_ / 2, first_block_bytes});
    }
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, block_bytes));
    const bool room = co_await reserve(worker_, reservation_, storage::Piece::charge_of(size));
    if (!room) co_return false;
    block_ = storage::Piece(reservation_, size);
    used_ = 0;
    co_return true;
}

// The last of it is shown when the whole is stored: who has all of it, and asks again, gets a hit.
Task<void> Storing::append(std::string_view data, bool last) {
    size_ += data.size();
    if (keeping_ && size_ > what_.max_size) {
        // Its next response will be no smaller: requests for it need not wait for one another.
        Shared& shared = worker_.shared();
        shared.remembered.uncacheable(key_.hash,
                                      shared.clock.unix_time() + running_->config.limits.uncacheable_memory.count());
        stop_keeping();
    }
    while (keeping_ && !data.empty()) {
        if (used_ == block_.size) {
            const bool room = co_await open_block(data.size(), last);
            if (!room) {
                worker_.metrics().limit(Limit::fills_bytes);
                stop_keeping();
                break;
            }
        }
        const std::size_t n = std::min(data.size(), block_.size - used_);
        std::copy_n(data.data(), n, block_.data.get() + used_);
        filling_.fill->append(block_.part(used_, n), last && n == data.size());
        used_ += n;
        data.remove_prefix(n);
    }
    if (!data.empty()) pass_on(data, last);
}

// Into memory that is charged in any case, of which little is in use at a time.
void Storing::pass_on(std::string_view data, bool last) {
    if (data.size() > block_.size - used_) {
        block_ = storage::Piece(reservation_.account(), std::max(data.size(), first_block_bytes));
        used_ = 0;
    }
    std::copy(data.begin(), data.end(), block_.data.get() + used_);
    filling_.fill->append(block_.part(used_, data.size()), last);
    used_ += data.size();
}

// What one read brought, which can be many small chunks, is taken at once.
Task<bool> Storing::take_at_hand(UpstreamConnection::Piece piece) {
    const std::string_view first = piece.data;
    std::string several;
    while (!piece.end && piece.error == UpstreamError::none && !piece.data.empty()) {
        piece = connection_->piece_at_hand();
        if (piece.data.empty()) break;
        if (several.empty()) several = first;
        several += piece.data;
    }
    const std::string_view all = several.empty() ? first : std::string_view(several);
    const bool end = piece.end;
    if (!all.empty()) co_await append(all, end);
    if (end) finish();
    co_return end;
}

Task<bool> Storing::take_first() {
    if (what_.begins_with) {
        // These bytes are the layers' already: they are shared, not copied.
        for (const auto& piece : what_.begins_with->pieces) filling_.fill->append(piece);
        size_ = what_.begins_with->size;
    }
    const auto piece = connection_->piece_at_hand();
    return take_at_hand(piece);
}

// A part joins what is held of the same representation, or takes its place; beside a whole it is of no use.
storage::ObjectPtr Storing::put_together(std::shared_ptr<storage::Object> received) const {
    const auto held = running_->tiers->held(key_, received->vary, what_.strategy);
    if (!held || !held->lifetime.fresh(worker_.shared().clock.unix_time())) return received;
    if (!held->part) return policy::same_representation(*held, *received) ? nullptr : received;
    // An invalidation since its fetch concerns it, though not what came now.
    if (!policy::combinable(*held, *received) || !ticket_->permits(key_, *held)) return received;
    auto joined = std::make_shared<storage::Object>(policy::combined(*held, *received));
    joined->body = packed(worker_.shared().account, joined->body);
    const bool fits = !joined->part || joined->body->size <= running_->tiers->largest_part(what_.strategy);
    return fits ? joined : received;
}

// Without the memory that was made for more than came.
std::shared_ptr<storage::Body> Storing::whole_body() const {
    auto body = filling_.fill->body();
    if (block_.size - used_ <= body->size / 8 || body->pieces.empty()) return body;
    const storage::Piece last = body->pieces.back();
    body->pieces.back() = copied(storage::Piece(reservation_.account(), last.size), {last.data.get(), last.size});
    return body;
}

void Storing::finish() {
    Shared& shared = worker_.shared();
    storage::ObjectPtr object;
    if (keeping_) {
        auto made = std::make_shared<storage::Object>(*what_.head);
        made->body = packed(shared.account, whole_body());
        object = made;
        storage::ObjectPtr kept = made->part ? put_together(made) : object;
        const auto stored = !kept ? storage::Stored::superseded
                                  : running_->tiers->store(key_, kept, what_.strategy, ticket_, worker_.metrics());
        if (stored == storage::Stored::invalidated) filling_.fill->overtaken();
        stored_ = stored == storage::Stored::yes;
    }
    filling_.unlist(shared.fills);
    filling_.fill->complete(object);
    finished_ = true;
    block_ = {};
    reservation_.end();
    ticket_.reset();
    if (what_.keep_alive && connection_->ended_cleanly()) worker_.pool().release(std::move(connection_));
}

// Nobody waits for it any more, and to fetch the rest only to store it is not worth it.
bool Storing::given_up() {
    if (!followed_ || filling_.fill->followers() > 0) {
        left_alone_at_.reset();
        return false;
    }
    if (!left_alone_at_) left_alone_at_ = size_;
    const config::Limits& limits = running_->config.limits;
    if (!length_) return limits.background_fill_percent > 0 && size_ - *left_alone_at_ > limits.background_fill_bytes;
    const std::uint64_t left = *length_ - std::min(*length_, size_);
    return left > limits.background_fill_bytes && size_ < *length_ / 100 * limits.background_fill_percent;
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
        const bool all = co_await storing->take_at_hand(piece);
        if (all) break;
        if (!storing->keeping_) {
            Fill& fill = *storing->filling_.fill;
            // Where memory is short, one piece at a time.
            const bool tight = worker.shared().account.tight();
            const bool wanted = co_await fill.room(wakeup, tight ? 0 : fill.window());
            if (!wanted) break;
        } else if (storing->given_up()) {
            break;
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
    std::optional<Fill::Follower> leader;
    if (client) leader.emplace(fill, worker.executor(), ~std::size_t{0});
    auto storing =
        std::make_unique<Storing>(worker, exchange.running, exchange.key, std::move(filling), std::move(what),
                                  std::move(ticket), std::move(connection), *exchange.upstream, length, client);
    const bool room = co_await storing->begin();
    if (!room && !client) co_return;
    // What came with the head is for a small response all of it.
    const bool all = co_await storing->take_first();
    exchange.cache.stored = storing->stored();
    if (all) {
        storing.reset();
    } else {
        worker.shared().loops.run(worker.executor(), Errand::fill, Storing::take_rest(std::move(storing)));
    }
    if (!client) co_return;
    const Sent sent = co_await stream_fill(worker, exchange, *client, *leader);
    if (sent == Sent::all) co_return;
    const bool broken = fill->progress().state == Fill::State::broken;
    if (broken) exchange.result = Result::error;
    if (sent == Sent::cut) {
        client->cut();
        co_return;
    }
    leader.reset();
    exchange.cache.ttl.reset();
    exchange.cache.stored = false;
    if (broken) {
        Problem problem = Problem::of(UpstreamError::incomplete);
        co_await send_problem(*client, exchange, problem);
    } else {
        // What it wants of the body cannot be told from what comes: it asks for that alone.
        co_await pass_request(worker, exchange, *client, exchange.cache.forward);
    }
}

}  // namespace larder::proxy
