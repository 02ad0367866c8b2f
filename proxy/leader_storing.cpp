// What a leader does with a response that may be stored: all of it, a part, or the rest of a part that is stored
// already.
#include "policy/part.h"
#include "policy/replacement.h"
#include "policy/stored.h"
#include "proxy/body_blocks.h"
#include "proxy/leader.h"
#include "proxy/own_url.h"
#include "proxy/pass.h"

namespace larder::proxy {

std::shared_ptr<storage::Object> Leader::new_object() const {
    return stored_response(shared_.searches, exchange_, request(), fetched_, ticket_->sequence());
}

// Some layer takes an object with a body of so many bytes, its head and what the layer adds included.
bool Leader::fits_layers(std::uint64_t length) const {
    constexpr std::uint64_t added = 4 * config::KiB;
    std::uint64_t head = 0;
    for (const policy::Field& field : fetched_.head.fields) head += field.name.size() + field.value.size() + 4;
    const std::uint64_t largest = exchange_.running->tiers->largest(exchange_.strategy->index);
    return charge_of_body(length) + 2 * head + added <= largest;
}

Task<void> Leader::begin_storing() {
    auto verdict = policy::storable(request(), response(), rules());
    std::shared_ptr<storage::Object> object;
    if (verdict == policy::StoreVerdict::storable) {
        object = new_object();
        if (displaces_usable(*object)) verdict = policy::StoreVerdict::usable_stored;
    }
    const auto length = body_length(fetched_.head);
    const std::uint64_t max_size =
        std::min(rules().configuration.max_object_size, exchange_.running->tiers->largest(exchange_.strategy->index));
    // A body whose length is not known was too large the last time: a range of it is not worth another try.
    const bool large =
        length ? *length > max_size || !fits_layers(*length)
               : exchange_.range && shared_.remembered.recall(exchange_.key.hash, exchange_.now).uncacheable;
    if (verdict != policy::StoreVerdict::storable || large) {
        co_await unstored(verdict);
        co_return;
    }
    Storing::What what(std::move(object), max_size);
    co_await store(std::move(what), length);
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
                      ticket_->permits(exchange_.key, part);
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
    shared_.remembered.cacheable(exchange_.key.hash, names->empty() ? nullptr : VaryNames(names));
}

policy::Response Leader::response() const {
    policy::Response response = fetched_.response();
    // A 304 is about what is stored, a redirect perhaps.
    const int status = response.status == 304 && filling_.stale ? filling_.stale->status : response.status;
    response.leads_to_itself = redirects_to_itself(shared_, exchange_, status, response.fields);
    return response;
}

// What the look found and what has come since into the layers that answer at once.
bool Leader::displaces_usable(const storage::Object& object) const {
    if (object.status < 400) return false;
    auto sets = exchange_.running->tiers->held(exchange_.key, exchange_.strategy->index);
    if (filling_.known) sets.push_back(filling_.known);
    const auto now = shared_.clock.unix_time();
    return std::ranges::any_of(sets, [&](const storage::VariantSetPtr& set) {
        return std::ranges::any_of(set->variants, [&](const storage::ObjectPtr& held) {
            return policy::displaces_usable(object, *held, now);
        });
    });
}

// What was validated is out of date for whoever asks, not only for this request.
bool Leader::ends_validated(policy::StoreVerdict verdict) const {
    const auto now = shared_.clock.unix_time();
    if (!filling_.stale || !policy::ends_validated(fetched_.head.status, *filling_.stale, now)) return false;
    if (verdict == policy::StoreVerdict::usable_stored) return true;
    return !storable_for_all();
}

// If it is not stored, that is this request's doing: its no-store, a long value of a field in Vary.
bool Leader::storable_for_all() const {
    const policy::Fields nothing;
    const policy::Request plain{exchange_.stored_method(), nothing, false, exchange_.by_content};
    return policy::storable(plain, response(), rules()) == policy::StoreVerdict::storable;
}

Task<void> Leader::unstored(policy::StoreVerdict verdict) {
    ticket_.reset();
    filling_.unlist(shared_.fills);
    // Requests for it need not wait for one another, until a response proves otherwise.
    const bool too_large = verdict == policy::StoreVerdict::storable;
    const bool of_one = verdict == policy::StoreVerdict::request_error ||
                        verdict == policy::StoreVerdict::usable_stored || (!too_large && storable_for_all());
    const bool of_all = !of_one && filling_.wanted.range.empty();
    if (of_all && !exchange_.personal) {
        const auto memory = exchange_.running->config.limits.uncacheable_memory.count();
        shared_.remembered.uncacheable(exchange_.key.hash, shared_.clock.unix_time() + memory);
    }
    filling_.fill->unshare();
    if (ends_validated(verdict)) {
        exchange_.running->tiers->drop(exchange_.key, filling_.stale, exchange_.strategy->index);
    }
    if (!client_) co_return;
    exchange_.cache.ttl.reset();
    exchange_.refused = verdict;
    if (too_large && exchange_.range && filling_.wanted.range.empty()) {
        // The whole was asked for to be stored, the client wants a range of it.
        discard_response();
        co_await pass_request(worker_, exchange_, *client_, exchange_.cache.forward);
        co_return;
    }
    co_await pass_response(worker_, exchange_, *client_, std::move(fetched_));
}

}  // namespace larder::proxy
