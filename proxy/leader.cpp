#include "proxy/leader.h"

#include "policy/merge.h"
#include "policy/stored.h"
#include "proxy/h1/reason.h"
#include "proxy/provenance.h"
#include "proxy/run_exchange.h"
#include "proxy/stored_answer.h"
#include "proxy/upstream/upstream.h"

namespace larder::proxy {

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
    filling_.fill->begin_fetch(ticket_->sequence(), Steady::now());
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
    if (validating_ && names_another()) {
        // Nothing stored belongs to it (RFC 9111 section 4.3.4): all of it is asked for.
        give_back(worker_, fetched_);
        options.validators = {};
        validating_ = false;
        fetched_ = co_await fetch(worker_, exchange_, options, client_);
    }
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
    co_await proxy::serve_stale(worker_, exchange_, *client_, *filling_.stale, now);
}

bool Leader::names_another() const {
    return fetched_.error == UpstreamError::none && fetched_.head.status == 304 &&
           !policy::freshens(fetched_.head.fields, *filling_.stale);
}

Task<void> Leader::not_modified() {
    auto refreshed = policy::refreshed_object(*filling_.stale, request(), response(), rules());
    give_back(worker_, fetched_);
    set_provenance(refreshed.object, exchange_, shared_.searches);
    refreshed.object.ticket = ticket_->sequence();
    refreshed.object.stored_at = shared_.clock.unix_time();
    const auto object = std::make_shared<const storage::Object>(std::move(refreshed.object));
    if (refreshed.verdict == policy::StoreVerdict::storable) {
        const auto stored = exchange_.running->tiers->refresh(exchange_.key, filling_.stale, object,
                                                              exchange_.strategy->index, ticket_, worker_.metrics());
        exchange_.cache.stored = stored == storage::Stored::yes;
        if (stored == storage::Stored::invalidated) filling_.fill->overtaken();
        filling_.unlist(shared_.fills);
        filling_.fill->complete(object);
    } else {
        // It says now that it must not be kept, or not for this request; either way this answer is for this client
        // alone.
        if (refreshed.drop_old) {
            exchange_.running->tiers->drop(exchange_.key, filling_.stale, exchange_.strategy->index);
        }
        exchange_.refused = refreshed.verdict;
        filling_.unlist(shared_.fills);
        filling_.fill->unshare();
    }
    ticket_.reset();
    if (!client_) co_return;
    const auto now = shared_.clock.unix_time();
    exchange_.result = Result::hit;
    if (exchange_.refused == policy::StoreVerdict::storable) note_ttl(exchange_, object->lifetime, now);
    note_detail(exchange_);
    const Sent sent = co_await send_stored(worker_, *client_, exchange_, *object, now);
    if (sent == Sent::cut) client_->cut();
    if (sent == Sent::nothing) co_await fetch_whole();
}

// The head is as good as new, but its body has gone from the layer that had it.
Task<void> Leader::fetch_whole() {
    exchange_.cache.ttl.reset();
    exchange_.cache.stored = false;
    Filling filling(shared_.fills.solo(), std::nullopt, nullptr);
    filling.known = filling_.known;
    co_await fill_and_answer(worker_, exchange_, client_, std::move(filling));
}

}  // namespace larder::proxy
