#include "proxy/run_exchange.h"

#include "policy/cdn_loop.h"
#include "policy/date.h"
#include "policy/early_hints.h"
#include "policy/field_lines.h"
#include "policy/part.h"
#include "proxy/content.h"
#include "proxy/filling.h"
#include "proxy/following.h"
#include "proxy/pass.h"
#include "proxy/pass_head.h"
#include "proxy/revalidation.h"
#include "proxy/stored_answer.h"
#include "proxy/worker.h"

namespace larder::proxy {
namespace {

using policy::Forward;
using policy::Reuse;

// Whether a response to this one could be another's too, so that one may wait for the other.
bool may_collapse(Worker& worker, const Exchange& exchange) {
    if (exchange.personal || exchange.directives.no_store) return false;
    if (exchange.strategy->rules.behavior == config::CacheBehavior::cache_aside) return false;
    return !worker.shared().remembered.recall(exchange.key.hash, exchange.now).uncacheable;
}

Task<void> alone(Worker& worker, Exchange& exchange, Downstream& client, Hit hit, WantedRange wanted) {
    exchange.cache.collapsed = false;
    Filling filling(worker.shared().fills.solo(), std::nullopt, hit.object ? hit.shared() : nullptr);
    filling.known = hit.set;
    filling.wanted = std::move(wanted);
    co_await fill_and_answer(worker, exchange, &client, std::move(filling));
}

// Fetches, or follows a fetch that is under way. One that fails costs those who follow it one more, for all of them
// together: then its failure is theirs.
Task<void> fetch_to_store(Worker& worker, Exchange& exchange, Downstream& client, Hit hit, WantedRange wanted) {
    storage::ObjectPtr stale = hit.object ? hit.shared() : nullptr;
    std::optional<storage::KeyHash> last;
    bool failed_before = false, outdated_before = false;
    while (may_collapse(worker, exchange)) {
        const auto key = fill_key(worker, exchange, hit.set.get(), wanted);
        if (last == key.hash) break;  // what that one brings is not for this request
        last = key.hash;
        auto joined = worker.shared().fills.join(key.hash, key.text, key.rules);
        if (joined.leader) {
            Filling filling(std::move(joined.fill), key.hash, std::move(stale));
            filling.given = hit.given;
            filling.known = hit.set;
            filling.wanted = std::move(wanted);
            co_await fill_and_answer(worker, exchange, &client, std::move(filling));
            co_return;
        }
        const auto ticket = joined.fill->ticket();
        if (ticket != 0 && !worker.shared().tickets.joinable(exchange.key, exchange.strategy->name, ticket)) {
            // An invalidation has overtaken it: this request came after that, and gets a fetch of its own time.
            worker.shared().fills.leave(key.hash, joined.fill);
            last.reset();
            continue;
        }
        const auto outcome = co_await follow(worker, exchange, client, joined.fill);
        if (outcome.followed == Followed::answered) co_return;
        if (outcome.followed == Followed::ranged) {
            exchange.cache.collapsed = false;
            exchange.cache.ttl.reset();
            co_await pass_request(worker, exchange, client, exchange.cache.forward);
            co_return;
        }
        if (outcome.followed == Followed::failed) {
            const auto mode = exchange.strategy->rules.configuration.request_directives;
            if (stale && policy::may_serve_on_error(*stale, exchange.directives, mode, exchange.now)) {
                exchange.cache.collapsed = true;
                co_await serve_stale(worker, exchange, client, *stale, exchange.now);
                co_return;
            }
            if (failed_before) {
                exchange.result = Result::error;
                co_await send_problem(client, exchange, outcome.problem);
                co_return;
            }
        }
        bool& before = outcome.followed == Followed::failed ? failed_before : outdated_before;
        if ((outcome.followed == Followed::failed || outcome.followed == Followed::again) && !before) {
            // Those who waited with this one find the next fetch, which none of them came after.
            before = true;
            worker.shared().fills.leave(key.hash, joined.fill);
            last.reset();
            continue;
        }
        // If its Vary did not select this request, the names are known now and make another key.
    }
    co_await alone(worker, exchange, client, std::move(hit), std::move(wanted));
}

// With nothing stored that could be validated.
WantedRange wanted_range(const Exchange& exchange, const Hit& hit) {
    WantedRange wanted;
    const auto& configuration = exchange.strategy->rules.configuration;
    if (hit.object || configuration.range_requests != config::RangeRequests::part) return wanted;
    if (exchange.range) {
        const auto range = policy::single_range(exchange.method, *exchange.fields);
        if (!range) return wanted;
        wanted.range = *range;
        wanted.if_range = exchange.fields->value("if-range");
    } else if (hit.part) {
        const auto rest = policy::rest_of(*hit.part);
        if (!rest || rest->complete > configuration.max_object_size) return wanted;
        wanted.range = rest->range;
        wanted.if_range = rest->if_range;
        wanted.rest_of = hit.shared_part();
    }
    return wanted;
}

// A range that the origin is to be asked for without anything being stored.
bool passes_range(Worker& worker, const Exchange& exchange, const Hit& hit, const WantedRange& wanted) {
    if (hit.object || !exchange.range) return false;
    if (exchange.strategy->rules.configuration.range_requests != config::RangeRequests::whole) {
        return wanted.range.empty();
    }
    // It has been too large, or not storable: the client still wants no more than its range.
    return worker.shared().remembered.recall(exchange.key.hash, exchange.now).uncacheable;
}

}  // namespace

bool may_be_stored(const Exchange& exchange) {
    const bool method = ((exchange.get || exchange.head) && !exchange.has_body) || exchange.by_content;
    return exchange.strategy && method && !exchange.to_origin && exchange.upgrade.empty();
}

bool may_be_answered(const Exchange& exchange) {
    if (may_be_stored(exchange)) return true;
    if (!exchange.strategy || !(exchange.get || exchange.head) || exchange.has_body) return false;
    const auto mode = exchange.strategy->rules.configuration.request_directives;
    return mode != config::RequestDirectives::obey && !policy::same_name(exchange.upgrade, "websocket");
}

Forward why_not(const Exchange& exchange) {
    return exchange.get || exchange.head ? Forward::bypass : Forward::method;
}

Task<bool> serve_stored(Worker& worker, Exchange& exchange, Downstream& client, const Hit& hit) {
    const auto before = exchange.cache;
    note_hit(exchange, hit);
    note_detail(exchange);
    const auto now = worker.shared().clock.unix_time();
    const Sent sent = co_await send_stored(worker, client, exchange, *hit.object, now);
    if (sent == Sent::cut) client.cut();
    if (sent == Sent::nothing) exchange.cache = before;
    co_return sent != Sent::nothing;
}

void note_ttl(Exchange& exchange, const storage::Lifetime& lifetime, storage::UnixTime now) {
    exchange.cache.ttl = lifetime.invalidated ? 0 : lifetime.freshness - lifetime.age(now);
}

Task<void> serve_stale(Worker& worker, Exchange& exchange, Downstream& client, const storage::Object& object,
                       storage::UnixTime now) {
    exchange.result = Result::stale;
    note_ttl(exchange, object.lifetime, now);
    note_detail(exchange);
    const Sent sent = co_await send_stored(worker, client, exchange, object, now);
    if (sent == Sent::cut) client.cut();
    if (sent != Sent::nothing) co_return;
    Problem problem = Problem::of(UpstreamError::bad_response);
    problem.detail = "The origin server failed, and the stored response cannot be read.";
    exchange.result = Result::error;
    exchange.cache.ttl.reset();
    co_await send_problem(client, exchange, problem);
}

void note_detail(Exchange& exchange) {
    if (!exchange.status_detail) return;
    if (exchange.strategy) exchange.cache.key = exchange.key.text;
    exchange.cache.detail = exchange.refused != policy::StoreVerdict::storable ? word(exchange.refused)
                            : exchange.strategy ? std::string_view(exchange.strategy->name)
                                                : std::string_view("no-strategy");
}

Task<void> send_problem(Downstream& client, Exchange& exchange, Problem problem, bool close) {
    const std::string body = problem_body(problem);
    std::string fields = "Content-Type: application/problem+json\r\nCache-Control: no-store\r\nDate: ";
    fields += policy::http_date(exchange.now);
    fields += "\r\nX-Content-Type-Options: nosniff\r\n";
    if (const std::string status = proxy_status(problem); !status.empty()) {
        fields += "Proxy-Status: " + status + "\r\n";
    }
    if (problem.status == 503) fields += "Retry-After: 1\r\n";
    if (problem.status == 405) fields += "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, QUERY\r\n";
    fields += "Cache-Status: ";
    exchange.cache.stored = false;
    policy::append(fields, exchange.cache);
    fields += "\r\n";
    Downstream::Head head;
    head.status = problem.status;
    head.fields = fields;
    head.length = body.size();
    head.bodiless = exchange.head;
    head.close = close;
    const std::string_view piece = body;
    co_await client.begin(head, &piece, head.bodiless ? 0 : 1, true);
}

namespace {

// OPTIONS *: about this server itself (RFC 9110 section 9.3.7).
Task<void> answer_about_self(Exchange& exchange, Downstream& client) {
    std::string fields = "Allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, QUERY\r\nDate: ";
    fields += policy::http_date(exchange.now);
    fields += "\r\n";
    Downstream::Head head;
    head.fields = fields;
    head.length = 0;
    co_await client.begin(head, nullptr, 0, true);
}

// RFC 9110 section 7.6.2: whom a request may reach, counted down at each hop.
bool ends_here(const Exchange& exchange) {
    return exchange.method == "OPTIONS" && policy::trimmed(exchange.fields->value("max-forwards")) == "0";
}

// A request that has been here comes back (RFC 8586). Before it follows a fill: that would be its own.
Task<void> refuse_loop(Worker& worker, Exchange& exchange, Downstream& client) {
    exchange.upstream->counters(worker.index()).failed(UpstreamError::loop);
    exchange.result = Result::error;
    exchange.cache.forward = may_be_stored(exchange) ? Forward::miss : why_not(exchange);
    const Problem problem = Problem::of(UpstreamError::loop);
    co_await send_problem(client, exchange, problem);
}

// While the client waits for the origin: what the response that is stored for its request had for it to begin with (RFC
// 8297). Nothing of a response that was invalidated, and nothing for a request that the next one may be personal to.
Task<void> send_early_hints(const Exchange& exchange, Downstream& client, const Hit& hit) {
    const bool usable = hit.object && !hit.object->lifetime.invalidated && !exchange.personal;
    if (!usable || !exchange.get || exchange.minor == 0) co_return;
    const std::string hints = policy::early_hints(policy::fields_in(hit.object->sent_fields()));
    if (!hints.empty()) co_await client.interim(103, hints);
}

// More of it than goes into a key, or none.
Task<void> without_content(Worker& worker, Exchange& exchange, Downstream& client, ContentOutcome outcome) {
    if (outcome.taken == TakenContent::failed) {
        Problem problem = Problem::of(UpstreamError::client_gone);
        problem.status = outcome.status;
        exchange.result = Result::error;
        co_await send_problem(client, exchange, problem, true);
        co_return;
    }
    exchange.result = Result::bypass;
    ContentFirst rest(client, exchange.content);
    co_await pass_request(worker, exchange, rest, Forward::bypass);
}

}  // namespace

Task<void> run_exchange(Worker& worker, Exchange& exchange, Downstream& client, Hit hit) {
    if (exchange.target.text == "*" || ends_here(exchange)) {
        co_await answer_about_self(exchange, client);
        co_return;
    }
    if (policy::has_passed(exchange.request.chains(), worker.shared().loop_id)) {
        co_await refuse_loop(worker, exchange, client);
        co_return;
    }
    if (stored_by_content(exchange)) {
        const auto content = co_await take_content(worker, exchange, client);
        if (content.taken != TakenContent::all) {
            co_await without_content(worker, exchange, client, content);
            co_return;
        }
        hit = find_hit(worker, exchange);
    }
    const Tiers& tiers = *exchange.running->tiers;
    if (may_be_answered(exchange) && tiers.slow(exchange.strategy->index)) {
        hit.given = tiers.given(exchange.key.hash);
        if (!hit.object && !hit.withheld) hit = co_await find_slow_hit(worker, exchange, std::move(hit));
    }
    if (!may_be_stored(exchange)) {
        if (hit.fresh()) {
            const bool served = co_await serve_stored(worker, exchange, client, hit);
            if (served) co_return;
        }
        exchange.result = Result::bypass;
        co_await pass_request(worker, exchange, client, why_not(exchange));
        co_return;
    }
    exchange.cache.forward = hit.decision.forward;
    switch (hit.decision.reuse) {
        case Reuse::stale_while_revalidate:
            revalidate_in_background(worker, exchange, hit);
            [[fallthrough]];
        case Reuse::fresh:
        case Reuse::stale_accepted: {
            const bool served = co_await serve_stored(worker, exchange, client, hit);
            if (served) co_return;
            hit = Hit();
            exchange.cache.forward = Forward::miss;
            break;
        }
        case Reuse::gateway_timeout: {
            Problem problem;
            problem.status = 504;
            problem.title = "Gateway Timeout";
            problem.detail = "only-if-cached, and nothing usable is stored.";
            exchange.result = Result::miss;
            co_await send_problem(client, exchange, problem);
            co_return;
        }
        case Reuse::validate:
        case Reuse::fetch:
            break;
    }
    exchange.result = Result::miss;
    if (exchange.head) {
        co_await pass_head(worker, exchange, client, std::move(hit));
        co_return;
    }
    if (exchange.strategy->rules.configuration.early_hints) co_await send_early_hints(exchange, client, hit);
    WantedRange wanted = wanted_range(exchange, hit);
    if (passes_range(worker, exchange, hit, wanted)) {
        co_await pass_request(worker, exchange, client, exchange.cache.forward);
        co_return;
    }
    co_await fetch_to_store(worker, exchange, client, std::move(hit), std::move(wanted));
}

}  // namespace larder::proxy
