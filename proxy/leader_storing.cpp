// What a leader does with a response that may be stored: all of it, a part, or the rest of a part that is stored
// already.
#include "policy/early_hints.h"
#include "policy/field_lines.h"
#include "policy/part.h"
#include "policy/stored.h"
#include "proxy/leader.h"
#include "proxy/pass.h"

namespace larder::proxy {

std::shared_ptr<storage::Object> Leader::new_object() const {
    return stored_response(exchange_, request(), fetched_, ticket_->sequence());
}

Task<void> Leader::begin_storing() {
    const auto verdict = policy::storable(request(), fetched_.response(), rules());
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
    auto verdict = policy::storable(request(), as_whole(), rules());
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
    // The client is promised all of it, so how much comes has to be known.
    const bool fits = length == missing &&
                      policy::storable(request(), as_whole(), rules()) == policy::StoreVerdict::storable &&
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
    return policy::storable({"GET", nothing, false}, fetched_.response(), rules()) != policy::StoreVerdict::storable;
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
    const bool too_large = verdict == policy::StoreVerdict::storable;
    if (too_large && exchange_.range && filling_.wanted.range.empty()) {
        // The whole was asked for to be stored, the client wants a range of it.
        discard_response();
        co_await pass_request(worker_, exchange_, *client_, exchange_.cache.forward);
        co_return;
    }
    co_await pass_response(worker_, exchange_, *client_, std::move(fetched_));
}

}  // namespace larder::proxy
