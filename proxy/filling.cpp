#include "proxy/filling.h"

#include "policy/early_hints.h"
#include "policy/field_lines.h"
#include "policy/merge.h"
#include "policy/part.h"
#include "policy/stored.h"
#include "policy/vary.h"
#include "proxy/fetch.h"
#include "proxy/h1/reason.h"
#include "proxy/pass.h"
#include "proxy/provenance.h"
#include "proxy/run_exchange.h"
#include "proxy/stored_answer.h"
#include "proxy/storing.h"
#include "proxy/upstream/upstream.h"
#include "proxy/worker.h"

namespace larder::proxy {
namespace {

// One leader's fetch.
class Leader {
  public:
    Leader(Worker& worker, Exchange& exchange, Downstream* client, Filling filling)
        : worker_(worker),
          shared_(worker.shared()),
          exchange_(exchange),
          client_(client),
          filling_(std::move(filling)) {
        if (!exchange_.range) return;
        for (const policy::Field& field : *exchange_.fields) {
            if (!policy::same_name(field.name, "range")) unranged_.add(field.name, field.value);
        }
    }

    // Whatever happened, an exception too: nobody may go on waiting for a head from here.
    ~Leader() {
        if (filling_.fill->progress().state != Fill::State::awaiting_head) return;
        filling_.unlist(shared_.fills);
        filling_.fill->unshare();
    }
    Leader(const Leader&) = delete;
    Leader& operator=(const Leader&) = delete;

    Task<void> run();

  private:
    Task<void> stored_meanwhile(const Hit& hit);
    Task<void> failed();
    Task<void> not_modified();
    Task<void> fetch_whole();
    Task<void> serve_stale(policy::Forward forward, int forward_status);
    Task<void> begin_storing();
    Task<void> begin_storing_part();
    Task<void> complete_part();
    Task<void> store(Storing::What what, std::optional<std::uint64_t> length);
    Task<void> unstored(policy::StoreVerdict verdict);
    bool replaces_for_all() const;
    void discard_response();
    void remember(const storage::Object& object);
    bool may_serve_stale() const {
        return filling_.stale &&
               policy::may_serve_on_error(*filling_.stale, exchange_.directives,
                                          rules().configuration.request_directives, shared_.clock.unix_time());
    }
    const policy::Rules& rules() const { return exchange_.strategy->rules; }
    policy::Response response() const {
        return {fetched_.head.status, fetched_.head.fields, fetched_.request_time, fetched_.response_time};
    }
    // As the origin saw it: a GET, without the client's Range.
    policy::Request request() const {
        return {exchange_.stored_method(), exchange_.range ? unranged_ : *exchange_.fields, false,
                exchange_.by_content};
    }
    std::shared_ptr<storage::Object> new_object() const;

    Worker& worker_;
    Shared& shared_;
    Exchange& exchange_;
    Downstream* const client_;
    Filling filling_;
    Tiers::Hold ticket_;
    Fetched fetched_;
    policy::Fields unranged_;  // with exchange_.range
    bool validating_ = false;
};

Task<void> Leader::run() {
    if (filling_.listed) {
        // It may have been stored between the look and the joining.
        const Hit now = co_await find_hit_again(worker_, exchange_, filling_.given);
        if (now.fresh()) {
            co_await stored_meanwhile(now);
            co_return;
        }
    }
    ticket_ = std::make_shared<policy::Tickets::Ticket>(shared_.tickets.begin());
    filling_.fill->set_ticket(ticket_->sequence());
    ForwardOptions options;
    options.for_storing = true;
    // On a POST they would be preconditions (RFC 9110 section 13.2.2).
    const bool conditional = exchange_.stored_method() != "POST";
    if (filling_.stale && filling_.stale->has_validator() && conditional) {
        options.validators = policy::validators(*filling_.stale);
        validating_ = true;
    }
    options.range = filling_.wanted.range;
    options.if_range = filling_.wanted.if_range;
    exchange_.result = Result::miss;
    fetched_ = co_await fetch(worker_, exchange_, options, client_);
    const int status = fetched_.head.status;
    if (fetched_.error == UpstreamError::none) {
        exchange_.cache.forward_status = status;
        // A 304 or 206 that nobody asked for is no representation of anything.
        const bool answers_what_was_asked = status == 304   ? validating_
                                            : status == 206 ? !filling_.wanted.range.empty()
                                                            : true;
        if (!answers_what_was_asked) {
            fetched_.error = UpstreamError::bad_response;
            exchange_.upstream->counters(worker_.index()).failed(fetched_.error);
        }
    }
    if (fetched_.error != UpstreamError::none) {
        co_await failed();
    } else if (status == 304) {
        co_await not_modified();
    } else if (filling_.wanted.rest_of && (status == 206 || status == 416)) {
        co_await complete_part();
    } else if (status == 206) {
        co_await begin_storing_part();
    } else if (policy::is_origin_error(status) && may_serve_stale()) {
        discard_response();
        co_await serve_stale(policy::Forward::stale, status);
    } else {
        co_await begin_storing();
    }
}

Task<void> Leader::stored_meanwhile(const Hit& hit) {
    filling_.unlist(shared_.fills);
    filling_.fill->complete(hit.shared());
    if (!client_) co_return;
    const bool served = co_await serve_stored(worker_, exchange_, *client_, hit);
    if (!served) co_await fetch_whole();
}

Task<void> Leader::failed() {
    Problem problem = Problem::of(fetched_.error);
    if (fetched_.error == UpstreamError::client_gone) problem.status = fetched_.client_status;
    fetched_.connection.reset();
    filling_.unlist(shared_.fills);
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
    filling_.unlist(shared_.fills);
    Problem problem = Problem::of(UpstreamError::bad_response);
    if (filling_.fill->progress().state == Fill::State::awaiting_head) {
        problem.status = forward_status;
        problem.title = h1::reason_phrase(forward_status);
        problem.detail = "The origin server failed.";
        filling_.fill->fail(problem);
    }
    if (!client_) co_return;
    exchange_.cache.forward = forward;
    exchange_.cache.forward_status = forward_status;
    const auto now = shared_.clock.unix_time();
    co_await proxy::serve_stale(exchange_, *client_, *filling_.stale, now);
}

Task<void> Leader::not_modified() {
    auto refreshed = policy::refreshed_object(*filling_.stale, request(), response(), rules());
    give_back(worker_, fetched_);
    storage::ObjectPtr object;
    if (refreshed.object) {
        set_provenance(*refreshed.object, exchange_);
        refreshed.object->ticket = ticket_->sequence();
        refreshed.object->stored_at = shared_.clock.unix_time();
        object = std::make_shared<const storage::Object>(std::move(*refreshed.object));
        const auto stored = exchange_.running->tiers->refresh(exchange_.key, filling_.stale, object,
                                                              exchange_.strategy->index, ticket_, worker_.metrics());
        exchange_.cache.stored = stored == storage::Stored::yes;
        if (stored == storage::Stored::invalidated) filling_.fill->overtaken();
        filling_.unlist(shared_.fills);
        filling_.fill->complete(object);
    } else {
        // It says now that it must not be kept, or not for this request; either way this answer is for this client
        // alone.
        if (refreshed.drop_old)
            exchange_.running->tiers->drop(exchange_.key, filling_.stale, exchange_.strategy->index);
        object = filling_.stale;
        filling_.unlist(shared_.fills);
        filling_.fill->unshare();
    }
    ticket_.reset();
    if (!client_) co_return;
    const auto now = shared_.clock.unix_time();
    exchange_.result = Result::hit;
    note_ttl(exchange_, object->lifetime, now);
    note_detail(exchange_);
    const Sent sent = co_await send_stored(*client_, exchange_, *object, now);
    if (sent == Sent::cut) client_->cut();
    if (sent == Sent::nothing) co_await fetch_whole();
}

// The head is as good as new, but its body has gone from the layer that had it.
Task<void> Leader::fetch_whole() {
    exchange_.cache.ttl.reset();
    exchange_.cache.stored = false;
    Filling filling(shared_.fills.solo(), std::nullopt, nullptr);
    co_await fill_and_answer(worker_, exchange_, client_, std::move(filling));
}

std::shared_ptr<storage::Object> Leader::new_object() const {
    return stored_response(exchange_, request(), fetched_, ticket_->sequence());
}

Task<void> Leader::begin_storing() {
    const auto verdict = policy::storable(request(), response(), rules());
    const auto length = body_length(fetched_.head);
    const std::uint64_t max_size =
        std::min(rules().configuration.max_object_size, exchange_.running->tiers->largest(exchange_.strategy->index));
    if (verdict != policy::StoreVerdict::storable || length.value_or(0) > max_size) {
        co_await unstored(verdict);
        co_return;
    }
    co_await store({new_object(), max_size}, length);
}

// A part that the client asked for: it gets what comes, and what comes is kept, if it says which part it is.
Task<void> Leader::begin_storing_part() {
    const auto range = policy::content_range(fetched_.head.fields);
    // The rules for storing ask whether the whole could be (RFC 9111 section 3.3).
    const policy::Response whole{200, fetched_.head.fields, fetched_.request_time, fetched_.response_time};
    auto verdict = policy::storable(request(), whole, rules());
    const auto length = body_length(fetched_.head);
    const std::uint64_t max_size = std::min(rules().configuration.max_object_size,
                                            exchange_.running->tiers->largest_part(exchange_.strategy->index));
    const std::uint64_t declared = range ? range->range.last - range->range.first + 1 : 0;
    const bool fits = range && length.value_or(declared) <= declared && declared <= max_size;
    if (verdict == policy::StoreVerdict::storable && !fits) verdict = policy::StoreVerdict::partial;
    if (verdict != policy::StoreVerdict::storable) {
        co_await unstored(verdict);
        co_return;
    }
    auto object = new_object();
    object->part = storage::Part{range->range.first, range->complete};
    co_await store({std::move(object), declared}, length);
}

// What came of asking for the rest of a stored part.
Task<void> Leader::complete_part() {
    const storage::Object& part = *filling_.wanted.rest_of;
    std::optional<storage::Object> head;
    if (const auto range = policy::content_range(fetched_.head.fields); range && fetched_.head.status == 206) {
        auto received = new_object();
        received->part = storage::Part{range->range.first, range->complete};
        head = policy::completed_head(part, *received);
    }
    const auto length = body_length(fetched_.head);
    const std::uint64_t missing = part.part->complete.value_or(0) - part.body->size;
    const policy::Response whole{200, fetched_.head.fields, fetched_.request_time, fetched_.response_time};
    const bool fits = length.value_or(missing) == missing &&
                      policy::storable(request(), whole, rules()) == policy::StoreVerdict::storable &&
                      shared_.tickets.permits(exchange_.key, part);
    if (!head || !fits) {
        // They are no parts of one representation: all of it is asked for.
        discard_response();
        exchange_.running->tiers->drop(exchange_.key, filling_.wanted.rest_of, exchange_.strategy->index);
        filling_.unlist(shared_.fills);
        filling_.fill->unshare();
        ticket_.reset();
        co_await fetch_whole();
        co_return;
    }
    const std::uint64_t complete = *part.part->complete;
    Storing::What what(std::make_shared<storage::Object>(std::move(*head)), complete);
    what.begins_with = filling_.wanted.rest_of->body;
    co_await store(std::move(what), complete);
}

// `length`: of what the client gets, if it is known.
Task<void> Leader::store(Storing::What what, std::optional<std::uint64_t> length) {
    what.strategy = exchange_.strategy->index;
    what.keep_alive = fetched_.head.keep_alive && fetched_.body_sent;
    exchange_.cache.stored = true;
    remember(*what.head);
    if (rules().configuration.no_vary_search && !exchange_.by_content) {
        shared_.searches.learn(exchange_.key_text, fetched_.head.fields);
    }
    co_await store_and_answer(worker_, exchange_, client_, filling_, std::move(what), length, std::move(ticket_),
                              std::move(fetched_.connection));
}

// What it varies by is known before anyone can find that it does not select him: he then makes another key of it.
void Leader::remember(const storage::Object& object) {
    const auto names = std::make_shared<std::vector<std::string>>();
    for (const auto& field : object.vary) names->push_back(field.name);
    std::string hints;
    if (rules().configuration.early_hints && !exchange_.personal) {
        hints = policy::early_hints(policy::fields_in(object.fields));
    }
    shared_.remembered.cacheable(exchange_.key.hash, names->empty() ? nullptr : VaryNames(names), std::move(hints));
}

// The origin has another representation for whoever asks, and it may not be stored: what is stored is out of date. Not
// so if it is this request that the response answers in its own way, as with 401 or 400.
bool Leader::replaces_for_all() const {
    const int status = fetched_.head.status;
    if (status >= 400 && status != 404 && status != 410) return false;
    const policy::Fields nothing;
    return policy::storable({"GET", nothing, false}, response(), rules()) != policy::StoreVerdict::storable;
}

Task<void> Leader::unstored(policy::StoreVerdict verdict) {
    ticket_.reset();
    filling_.unlist(shared_.fills);
    // Requests for it need not wait for one another, until a response proves otherwise.
    const bool of_all = verdict != policy::StoreVerdict::request_no_store && filling_.wanted.range.empty();
    if (of_all && !exchange_.personal) {
        const auto memory = exchange_.running->config.limits.uncacheable_memory.count();
        shared_.remembered.uncacheable(exchange_.key.hash, shared_.clock.unix_time() + memory);
    }
    filling_.fill->unshare();
    if (filling_.stale && replaces_for_all()) {
        exchange_.running->tiers->drop(exchange_.key, filling_.stale, exchange_.strategy->index);
    }
    if (!client_) co_return;
    exchange_.cache.ttl.reset();
    exchange_.refused = verdict;
    if (exchange_.range && fetched_.head.status == 200 && filling_.wanted.range.empty()) {
        // The whole was asked for to be stored, the client wants a range of it.
        discard_response();
        co_await pass_request(worker_, exchange_, *client_, exchange_.cache.forward);
        co_return;
    }
    co_await pass_response(worker_, exchange_, *client_, std::move(fetched_));
}

}  // namespace

void Filling::unlist(Fills& fills) const {
    if (listed) fills.leave(*listed, fill);
}

Task<void> fill_and_answer(Worker& worker, Exchange& exchange, Downstream* client, Filling filling) {
    const Background background(worker);
    Leader leader(worker, exchange, client, std::move(filling));
    co_await leader.run();
}

FillKey fill_key(Worker& worker, const Exchange& exchange, const storage::VariantSet* known,
                 const WantedRange& wanted) {
    std::vector<std::string> names;
    if (known && !known->variants.empty()) {
        for (const auto& field : known->variants.front()->vary) names.push_back(field.name);
    } else if (const auto facts = worker.shared().remembered.recall(exchange.key.hash, exchange.now); facts.vary) {
        names = *facts.vary;
    }
    const bool ranged = !wanted.range.empty() && !wanted.rest_of;
    if (names.empty() && !ranged) return {exchange.key_text, exchange.key.hash};
    std::string text = exchange.key_text;
    if (ranged) text.append("\nrange=").append(wanted.range).append("\nif-range=").append(wanted.if_range);
    for (const auto& field : policy::select_fields(names, *exchange.fields)) {
        text += '\n';
        text += field.name;
        text += field.value ? '=' : '-';
        text += field.value.value_or("");
    }
    const auto hash = storage::hash_key(text, worker.shared().hash_seed);
    return {std::move(text), hash};
}

}  // namespace larder::proxy
