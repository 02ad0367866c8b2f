#include "proxy/filling.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "policy/merge.h"
#include "policy/pattern_index.h"
#include "policy/stored.h"
#include "policy/vary.h"
#include "proxy/fetch.h"
#include "proxy/following.h"
#include "proxy/hit.h"
#include "proxy/identify.h"
#include "proxy/pass.h"
#include "proxy/run_exchange.h"
#include "proxy/stored_answer.h"
#include "proxy/upstream/upstream.h"
#include "proxy/worker.h"

namespace larder::proxy {
namespace {

// What is on its way into the layers, free of the request that began it.
struct Storing {
    explicit Storing(Filling f) : filling(std::move(f)) {}

    std::string key_text;
    storage::KeyView key;
    storage::ObjectPtr head;  // without body
    std::uint32_t strategy = 0;
    std::uint64_t max_size = 0;
    std::optional<std::uint64_t> length;
    policy::Tickets::Ticket ticket;
    Filling filling;
    std::unique_ptr<UpstreamConnection> connection;
    Upstream* upstream = nullptr;
    std::uint64_t reserved = 0;
    bool keeping = true;
    bool keep_alive = false;
};

void settle(Worker& worker, const Filling& filling) {
    if (filling.listed) worker.shared().fills.leave(*filling.listed, filling.fill);
}

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

bool keep(Worker& worker, Storing& storing, std::uint64_t bytes) {
    if (!storing.keeping) return false;
    const bool fits = storing.reserved + bytes <= storing.max_size;
    if (fits && worker.shared().fills.reserve(bytes)) {
        storing.reserved += bytes;
        return true;
    }
    if (fits) worker.metrics().limit(Limit::fills_bytes);
    storing.keeping = false;
    return false;
}

storage::Body::Piece copied(std::string_view data) {
    storage::Body::Piece piece{std::shared_ptr<char[]>(new char[data.size()]), data.size()};
    std::copy(data.begin(), data.end(), piece.data.get());
    return piece;
}

void append(Worker& worker, Storing& storing, std::string_view data) {
    const bool was_keeping = storing.keeping;
    keep(worker, storing, data.size());
    storing.filling.fill->append(copied(data));
    if (was_keeping && !storing.keeping) {
        // From now on it cannot be joined: its beginning will be gone.
        settle(worker, storing.filling);
        storing.filling.fill->stop_keeping();
    }
}

void release_reservation(Worker& worker, Storing& storing) {
    worker.shared().fills.release(std::exchange(storing.reserved, 0));
}

// The whole body is there.
storage::ObjectPtr finish(Worker& worker, Storing& storing) {
    Shared& shared = worker.shared();
    storage::ObjectPtr object;
    if (storing.keeping) {
        auto made = std::make_shared<storage::Object>(*storing.head);
        made->body = compact(storing.filling.fill->body());
        object = std::move(made);
        shared.tiers.store(storing.key, object, storing.strategy, worker.metrics());
    }
    settle(worker, storing.filling);
    storing.filling.fill->complete(object);
    release_reservation(worker, storing);
    storing.ticket.reset();
    return object;
}

// Takes in the rest of the body, behind whoever asked for it. A client that goes away does not end it.
Task<void> take_in(Worker& worker, std::unique_ptr<Storing> storing) {
    Wakeup wakeup(worker.executor());
    const auto idle = storing->upstream->settings().idle_timeout;
    Fill& fill = *storing->filling.fill;
    worker.background_began();
    worker.metrics().fills_in_flight.add(1);
    for (;;) {
        const auto piece = co_await storing->connection->next_piece(idle);
        if (piece.error != UpstreamError::none) {
            auto& errors = worker.metrics().upstreams[storing->upstream->index()]->errors;
            errors[static_cast<std::size_t>(piece.error)].add();
            settle(worker, storing->filling);
            fill.break_off();
            break;
        }
        if (!piece.data.empty()) {
            append(worker, *storing, piece.data);
            if (!storing->keeping && !piece.end) {
                if (!co_await fill.room(wakeup)) {
                    fill.break_off();
                    break;
                }
            }
        }
        if (piece.end) {
            finish(worker, *storing);
            if (storing->keep_alive && storing->connection->ended_cleanly()) {
                worker.pool().release(std::move(storing->connection));
            }
            break;
        }
    }
    release_reservation(worker, *storing);
    storing.reset();
    worker.metrics().fills_in_flight.add(-1);
    worker.background_ended();
}

// One leader's fetch.
class Leader {
  public:
    Leader(Worker& worker, Exchange& exchange, Downstream* client, Filling filling)
        : worker_(worker), shared_(worker.shared()), exchange_(exchange), client_(client),
          filling_(std::move(filling)) {}

    Task<void> run();

  private:
    Task<void> failed();
    Task<void> not_modified();
    Task<void> serve_stale(policy::Forward forward, int forward_status);
    Task<void> begin_storing();
    Task<void> unstored(policy::StoreVerdict verdict);
    void discard_response();
    bool may_serve_stale() const {
        return filling_.stale &&
               policy::may_serve_on_error(*filling_.stale, exchange_.directives, rules().configuration.request_directives,
                                          shared_.clock.unix_time());
    }
    const policy::Rules& rules() const { return exchange_.strategy->rules; }
    policy::Response response() const {
        return {fetched_.head.status, fetched_.head.fields, fetched_.request_time, fetched_.response_time};
    }
    policy::Request request() const { return {exchange_.get ? "GET" : exchange_.method, *exchange_.fields, false}; }
    std::shared_ptr<storage::Object> new_object() const;

    Worker& worker_;
    Shared& shared_;
    Exchange& exchange_;
    Downstream* const client_;
    Filling filling_;
    policy::Tickets::Ticket ticket_;
    Fetched fetched_;
    bool validating_ = false;
};

Task<void> Leader::run() {
    ticket_ = shared_.tickets.begin();
    filling_.fill->set_ticket(ticket_.sequence());
    ForwardOptions options;
    options.for_storing = true;
    if (filling_.stale && filling_.stale->has_validator()) {
        options.validators = policy::validators(*filling_.stale);
        validating_ = true;
    }
    exchange_.result = Result::miss;
    fetched_ = co_await fetch(worker_, exchange_, std::move(options), client_);
    const int status = fetched_.head.status;
    if (fetched_.error == UpstreamError::none) {
        exchange_.cache.forward_status = status;
        const bool answers_what_was_asked =
            status == 304 ? validating_ && policy::freshens(fetched_.head.fields, *filling_.stale) : status != 206;
        // A 304 or 206 that nobody asked for is no representation of anything.
        if (!answers_what_was_asked) fetched_.error = UpstreamError::bad_response;
    }
    if (fetched_.error != UpstreamError::none) {
        co_await failed();
    } else if (status == 304) {
        co_await not_modified();
    } else if (policy::is_origin_error(status) && may_serve_stale()) {
        discard_response();
        co_await serve_stale(policy::Forward::stale, status);
    } else {
        co_await begin_storing();
    }
}

Task<void> Leader::failed() {
    Problem problem = Problem::of(fetched_.error);
    if (fetched_.error == UpstreamError::client_gone) problem.status = fetched_.client_status;
    fetched_.connection.reset();
    settle(worker_, filling_);
    filling_.fill->fail(problem);
    if (may_serve_stale()) {
        co_await serve_stale(policy::Forward::stale, 0);
        co_return;
    }
    exchange_.result = Result::error;
    if (client_) co_await send_problem(*client_, exchange_, problem);
}

// A response that nobody is to see. Its connection is worth keeping only if all of it is here already.
void Leader::discard_response() {
    for (;;) {
        const auto piece = fetched_.connection->piece_at_hand();
        if (piece.end) break;
        if (piece.error != UpstreamError::none || piece.data.empty()) {
            fetched_.connection.reset();
            return;
        }
    }
    give_back(worker_, fetched_);
}

Task<void> Leader::serve_stale(policy::Forward forward, int forward_status) {
    settle(worker_, filling_);
    Problem problem = Problem::of(UpstreamError::bad_response);
    if (filling_.fill->progress().state == Fill::State::awaiting_head) {
        problem.status = forward_status;
        filling_.fill->fail(problem);
    }
    if (!client_) co_return;
    exchange_.result = Result::stale;
    exchange_.cache.forward = forward;
    exchange_.cache.forward_status = forward_status;
    const auto now = shared_.clock.unix_time();
    const auto& lifetime = filling_.stale->lifetime;
    exchange_.cache.ttl = lifetime.invalidated ? 0 : lifetime.freshness - lifetime.age(now);
    note_detail(exchange_);
    if (!co_await send_stored(*client_, exchange_, *filling_.stale, now)) client_->cut();
}

Task<void> Leader::not_modified() {
    auto refreshed = policy::refreshed_object(*filling_.stale, request(), response(), rules());
    give_back(worker_, fetched_);
    storage::ObjectPtr object;
    if (refreshed.object) {
        refreshed.object->ticket = ticket_.sequence();
        refreshed.object->stored_at = shared_.clock.unix_time();
        object = std::make_shared<const storage::Object>(std::move(*refreshed.object));
        const auto stored = shared_.tiers.refresh(exchange_.key, filling_.stale, object, exchange_.strategy->index,
                                                  worker_.metrics());
        exchange_.cache.stored = stored == storage::Stored::yes;
        settle(worker_, filling_);
        filling_.fill->complete(object);
    } else {
        // It says now that it must not be kept, or not for this request; either way this answer is for this client alone.
        if (refreshed.drop_old) shared_.tiers.drop(exchange_.key, filling_.stale, exchange_.strategy->index);
        object = filling_.stale;
        settle(worker_, filling_);
        filling_.fill->unshare();
    }
    ticket_.reset();
    if (!client_) co_return;
    const auto now = shared_.clock.unix_time();
    exchange_.result = Result::hit;
    exchange_.cache.ttl = object->lifetime.freshness - object->lifetime.age(now);
    note_detail(exchange_);
    if (!co_await send_stored(*client_, exchange_, *object, now)) client_->cut();
}

std::shared_ptr<storage::Object> Leader::new_object() const {
    auto object = std::make_shared<storage::Object>(policy::stored_object(request(), response(), rules()));
    object->fields += fetched_.head.minor == 0 ? "Via: 1.0 larder\r\n" : "Via: 1.1 larder\r\n";
    object->strategy = exchange_.strategy->index;
    object->strategy_name = exchange_.strategy->name;
    object->resource_type = exchange_.strategy->resource_type;
    if (exchange_.strategy->names_resource) {
        object->resource_id =
            policy::captured(exchange_.strategy->pattern, "resource_id", exchange_.target.path()).substr(0, 255);
    }
    const auto directives = policy::effective_directives(fetched_.head.fields, rules());
    object->for_everybody = directives.is_public || directives.s_maxage || directives.must_revalidate;
    object->ticket = ticket_.sequence();
    object->stored_at = fetched_.response_time;
    return object;
}

Task<void> Leader::begin_storing() {
    const auto verdict = policy::storable(request(), response(), rules());
    const auto& head = fetched_.head;
    std::optional<std::uint64_t> length;
    if (head.framing == h1::BodyFraming::length) length = head.content_length;
    if (head.framing == h1::BodyFraming::none) length = 0;
    const std::uint64_t max_size =
        std::min(rules().configuration.max_object_size, shared_.tiers.largest(exchange_.strategy->index));
    if (verdict != policy::StoreVerdict::storable || length.value_or(0) > max_size) {
        co_await unstored(verdict);
        co_return;
    }
    auto storing = std::make_unique<Storing>(filling_);
    storing->key_text = exchange_.key_text;
    storing->key = {storing->key_text, exchange_.key.hash, exchange_.key.path_offset};
    storing->head = new_object();
    storing->strategy = exchange_.strategy->index;
    storing->max_size = max_size;
    storing->length = length;
    storing->ticket = std::move(ticket_);
    storing->connection = std::move(fetched_.connection);
    storing->upstream = exchange_.upstream;
    storing->keep_alive = head.keep_alive && fetched_.body_sent;
    exchange_.cache.stored = true;

    // Known before anyone can find that it does not select him: he then makes another key of it.
    const auto names = std::make_shared<std::vector<std::string>>();
    for (const auto& field : storing->head->vary) names->push_back(field.name);
    shared_.remembered.cacheable(storing->key.hash, names->empty() ? nullptr : VaryNames(names));

    std::optional<Fill::Follower> leader;
    Fill& fill = *filling_.fill;
    fill.begin(storing->head, length);
    if (client_) leader.emplace(filling_.fill, worker_.executor(), ~std::size_t{0});
    // What came with the head, which for a small response is all of it.
    UpstreamConnection::Piece piece;
    for (;;) {
        piece = storing->connection->piece_at_hand();
        if (!piece.data.empty()) append(worker_, *storing, piece.data);
        if (piece.end || piece.error != UpstreamError::none || piece.data.empty()) break;
    }
    storage::ObjectPtr whole;
    if (piece.end) {
        whole = finish(worker_, *storing);
        if (storing->keep_alive && storing->connection->ended_cleanly()) {
            worker_.pool().release(std::move(storing->connection));
        }
        storing.reset();
    } else {
        asio::co_spawn(worker_.executor(), take_in(worker_, std::move(storing)), asio::detached);
    }
    if (!client_) co_return;
    if (!co_await stream_fill(worker_, exchange_, *client_, *leader)) {
        if (fill.progress().state == Fill::State::broken) exchange_.result = Result::error;
        client_->cut();
    }
}

Task<void> Leader::unstored(policy::StoreVerdict verdict) {
    ticket_.reset();
    settle(worker_, filling_);
    // Requests for it need not wait for one another, until a response proves otherwise.
    if (verdict != policy::StoreVerdict::request_no_store && !exchange_.personal) {
        const auto memory = shared_.config.limits.uncacheable_memory.count();
        shared_.remembered.uncacheable(exchange_.key.hash, shared_.clock.unix_time() + memory);
    }
    filling_.fill->unshare();
    if (filling_.stale && !policy::is_origin_error(fetched_.head.status)) {
        // The origin has another representation, which may not be stored: what is stored is out of date.
        shared_.tiers.drop(exchange_.key, filling_.stale, exchange_.strategy->index);
    }
    if (!client_) co_return;
    exchange_.cache.ttl.reset();
    exchange_.refused = verdict;
    co_await pass_response(worker_, exchange_, *client_, std::move(fetched_));
}

Task<void> fill_detached(Worker& worker, std::unique_ptr<DetachedExchange> exchange, Filling filling) {
    worker.background_began();
    co_await fill_and_answer(worker, exchange->exchange, nullptr, std::move(filling));
    worker.background_ended();
}

}  // namespace

Task<void> fill_and_answer(Worker& worker, Exchange& exchange, Downstream* client, Filling filling) {
    worker.metrics().fills_in_flight.add(1);
    Leader leader(worker, exchange, client, std::move(filling));
    co_await leader.run();
    worker.metrics().fills_in_flight.add(-1);
}

void revalidate_in_background(Worker& worker, const Exchange& exchange, const storage::ObjectPtr& stale) {
    if (worker.draining()) return;
    const auto key = fill_key(worker, exchange, nullptr);
    auto joined = worker.shared().fills.join(key);
    if (!joined.leader) return;  // somebody does it already
    if (find_hit(worker, exchange).fresh()) {  // or has just done it
        worker.shared().fills.leave(key, joined.fill);
        joined.fill->unshare();
        return;
    }
    Filling filling(std::move(joined.fill), key, stale);
    auto detached = std::make_unique<DetachedExchange>(exchange);
    detached->exchange.cache = {};
    detached->exchange.cache.forward = policy::Forward::stale;
    asio::co_spawn(worker.executor(), fill_detached(worker, std::move(detached), std::move(filling)), asio::detached);
}

storage::KeyHash fill_key(Worker& worker, const Exchange& exchange, const storage::VariantSet* known) {
    std::vector<std::string> names;
    if (known && !known->variants.empty()) {
        for (const auto& field : known->variants.front()->vary) names.push_back(field.name);
    } else if (const auto facts = worker.shared().remembered.recall(exchange.key.hash, exchange.now); facts.vary) {
        names = *facts.vary;
    }
    if (names.empty()) return exchange.key.hash;
    std::string text = exchange.key_text;
    for (const auto& field : policy::select_fields(names, *exchange.fields)) {
        text += '\n';
        text += field.name;
        text += field.value ? '=' : '-';
        text += field.value.value_or("");
    }
    return storage::hash_key(text, worker.shared().hash_seed);
}

}  // namespace larder::proxy
