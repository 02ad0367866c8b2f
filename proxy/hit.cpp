#include "proxy/hit.h"

#include "policy/vary.h"
#include "proxy/run_exchange.h"
#include "proxy/worker.h"

namespace larder::proxy {

namespace {

void judge(Hit& hit, Tiers::Found found, const Exchange& exchange) {
    const auto mode = exchange.strategy->rules.configuration.request_directives;
    hit.set = std::move(found.set);
    hit.object = found.object;
    if (hit.object && exchange.personal && !hit.object->for_everybody) {
        // Nothing says that this user would have got the same (safer than RFC 9111 section 4, which would allow it).
        hit.object = nullptr;
        hit.decision = policy::decide_absent(true, exchange.directives, mode);
        if (hit.decision.reuse == policy::Reuse::fetch) hit.decision.forward = policy::Forward::bypass;
        return;
    }
    hit.decision = hit.object ? policy::decide(*hit.object, exchange.directives, mode, exchange.now)
                              : policy::decide_absent(hit.set != nullptr, exchange.directives, mode);
}

}  // namespace

Hit find_hit(Worker& worker, const Exchange& exchange) {
    Hit hit;
    auto found = worker.shared().tiers.find(exchange.key, *exchange.fields, exchange.strategy->index, exchange.now,
                                            worker.metrics());
    judge(hit, std::move(found), exchange);
    return hit;
}

Task<Hit> find_slow_hit(Worker& worker, const Exchange& exchange, Hit before) {
    Shared& shared = worker.shared();
    auto found = co_await shared.tiers.find_slow(worker.executor(), exchange.key, *exchange.fields,
                                                 exchange.strategy->index, exchange.now, worker.metrics());
    if (found.object || (found.set && !before.set)) judge(before, std::move(found), exchange);
    co_return before;
}

void note_hit(Exchange& exchange, const Hit& hit) {
    exchange.result = hit.decision.reuse == policy::Reuse::fresh ? Result::hit : Result::stale;
    exchange.cache.hit = true;
    exchange.cache.forward = policy::Forward::none;
    note_ttl(exchange, hit.object->lifetime, exchange.now);
}

}  // namespace larder::proxy
