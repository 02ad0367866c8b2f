#include "proxy/hit.h"

#include "policy/part.h"
#include "policy/vary.h"
#include "proxy/run_exchange.h"
#include "proxy/worker.h"

namespace larder::proxy {

namespace {

// A part answers only who asks for bytes of it, and only while it is fresh.
void judge_part(Hit& hit, const Exchange& exchange) {
    const bool within =
        hit.fresh() && policy::range_within(*hit.object, exchange.method, *exchange.fields, exchange.now);
    if (within) return;
    const auto mode = exchange.strategy->rules.configuration.request_directives;
    const storage::Object* const part = hit.fresh() ? hit.object : nullptr;
    hit.object = nullptr;
    hit.decision = policy::decide_absent(false, exchange.directives, mode);
    if (!part) return;
    hit.part = part;
    if (hit.decision.reuse == policy::Reuse::fetch) hit.decision.forward = policy::Forward::partial;
}

}  // namespace

Hit judged(storage::VariantSetPtr set, const storage::Object* object, const Exchange& exchange) {
    const auto mode = exchange.strategy->rules.configuration.request_directives;
    Hit hit;
    hit.set = std::move(set);
    hit.object = object;
    if (hit.object && exchange.personal && !hit.object->for_everybody) {
        // Nothing says that this user would have got the same (safer than RFC 9111 section 4, which would allow it).
        hit.object = nullptr;
        hit.withheld = true;
        hit.decision = policy::decide_absent(true, exchange.directives, mode);
        if (hit.decision.reuse == policy::Reuse::fetch) hit.decision.forward = policy::Forward::bypass;
    } else if (!hit.object) {
        hit.decision = policy::decide_absent(hit.set != nullptr, exchange.directives, mode);
    } else if (hit.object->rules_fingerprint != exchange.strategy->rules.fingerprint) {
        hit.decision = policy::decide_outdated(exchange.directives, mode);
    } else {
        hit.decision = policy::decide(*hit.object, exchange.directives, mode, exchange.now);
    }
    if (hit.object && hit.object->part) judge_part(hit, exchange);
    return hit;
}

Hit find_hit(Worker& worker, const Exchange& exchange) {
    auto found = exchange.running->tiers->find(exchange.key, {*exchange.fields, exchange.first_language},
                                               exchange.strategy->index, exchange.now, worker.metrics());
    return judged(std::move(found.set), found.object, exchange);
}

Task<Hit> find_slow_hit(Worker& worker, const Exchange& exchange, Hit before) {
    Tiers& tiers = *exchange.running->tiers;
    before.given = tiers.given(exchange.key.hash);
    const policy::Selecting selecting(*exchange.fields, exchange.first_language);
    auto found = co_await tiers.find_slow(worker.executor(), exchange.key, selecting, exchange.strategy->index,
                                          exchange.now, worker.metrics());
    if (found.object || (found.set && !before.set)) {
        const auto given = before.given;
        before = judged(std::move(found.set), found.object, exchange);
        before.given = given;
    }
    co_return before;
}

Task<Hit> find_hit_again(Worker& worker, const Exchange& exchange, std::uint32_t given) {
    const Tiers& tiers = *exchange.running->tiers;
    Hit hit = find_hit(worker, exchange);
    const bool ask = tiers.slow(exchange.strategy->index) && tiers.given(exchange.key.hash) != given;
    if (ask && !hit.fresh() && !hit.withheld) hit = co_await find_slow_hit(worker, exchange, std::move(hit));
    co_return hit;
}

void note_hit(Exchange& exchange, const Hit& hit) {
    exchange.result = hit.decision.reuse == policy::Reuse::fresh ? Result::hit : Result::stale;
    exchange.cache.hit = true;
    exchange.cache.forward = policy::Forward::none;
    note_ttl(exchange, hit.object->lifetime, exchange.now);
}

}  // namespace larder::proxy
