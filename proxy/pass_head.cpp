#include "proxy/pass_head.h"

#include "policy/merge.h"
#include "policy/stored.h"
#include "proxy/fetch.h"
#include "proxy/pass.h"
#include "proxy/provenance.h"
#include "proxy/run_exchange.h"
#include "proxy/worker.h"

namespace larder::proxy {
namespace {

void update(Worker& worker, const Exchange& exchange, const Fetched& fetched, const storage::ObjectPtr& object,
            const Tiers::Hold& ticket) {
    Tiers& tiers = *exchange.running->tiers;
    const policy::Rules& rules = exchange.strategy->rules;
    const policy::Response response = fetched.response();
    switch (policy::head_effect(response, *object)) {
        case policy::HeadEffect::none:
            return;
        case policy::HeadEffect::invalidates: {
            // Stale, not gone: it may still answer for an origin that fails.
            auto stale = std::make_shared<storage::Object>(*object);
            stale->lifetime.invalidated = true;
            tiers.refresh(exchange.key, object, stale, exchange.strategy->index, ticket, worker.metrics());
            return;
        }
        case policy::HeadEffect::freshens:
            break;
    }
    auto refreshed = policy::refreshed_object(*object, {"GET", *exchange.fields, false}, response, rules);
    if (refreshed.verdict != policy::StoreVerdict::storable) {
        if (refreshed.drop_old) tiers.drop(exchange.key, object, exchange.strategy->index);
        return;
    }
    set_provenance(refreshed.object, exchange, worker.shared().searches);
    refreshed.object.ticket = ticket->sequence();
    refreshed.object.stored_at = fetched.response_time;
    const auto next = std::make_shared<const storage::Object>(std::move(refreshed.object));
    tiers.refresh(exchange.key, object, next, exchange.strategy->index, ticket, worker.metrics());
}

}  // namespace

Task<void> pass_head(Worker& worker, Exchange& exchange, Downstream& client, Hit hit) {
    const auto ticket = std::make_shared<policy::Tickets::Ticket>(worker.shared().tickets.begin());
    ForwardOptions options;
    Fetched fetched = co_await fetch(worker, exchange, options, &client);
    const bool failed = fetched.error != UpstreamError::none || policy::is_origin_error(fetched.head.status);
    const auto mode = exchange.strategy->rules.configuration.request_directives;
    if (failed && hit.object && policy::may_serve_on_error(*hit.object, exchange.directives, mode, exchange.now)) {
        exchange.cache.forward_status = fetched.head.status;
        fetched.connection.reset();
        co_await serve_stale(worker, exchange, client, *hit.object, exchange.now);
        co_return;
    }
    if (fetched.error != UpstreamError::none) {
        exchange.result = Result::error;
        const Problem problem = Problem::of(fetched.error);
        co_await send_problem(client, exchange, problem);
        co_return;
    }
    if (hit.object) update(worker, exchange, fetched, hit.shared(), ticket);
    co_await pass_response(worker, exchange, client, std::move(fetched));
}

}  // namespace larder::proxy
