#include "proxy/hit.h"

#include "policy/credentials.h"
#include "policy/no_vary_search.h"
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

policy::Decision decision_for(const storage::Object& object, const Exchange& exchange) {
    const auto mode = exchange.strategy->rules.configuration.request_directives;
    if (object.rules_fingerprint != exchange.strategy->rules.fingerprint) {
        return policy::decide_outdated(exchange.directives, mode);
    }
    return policy::decide(object, exchange.directives, mode, exchange.now);
}

bool may_have(const Exchange& exchange, const storage::Object& object) {
    if (!exchange.personal) return true;
    const policy::Request request{exchange.method, *exchange.fields, exchange.has_body, exchange.by_content};
    return policy::may_answer(object, request, exchange.strategy->rules);
}

Hit judged(const Shared& shared, storage::VariantSetPtr set, const storage::Object* object, const Exchange& exchange) {
    const auto mode = exchange.strategy->rules.configuration.request_directives;
    Hit hit;
    if (!object || shared.searches.covers(*object)) {
        hit.set = std::move(set);
        hit.object = object;
    }
    if (hit.object && !may_have(exchange, *hit.object)) {
        hit.object = nullptr;
        hit.withheld = true;
        hit.decision = policy::decide_absent(true, exchange.directives, mode);
        if (hit.decision.reuse == policy::Reuse::fetch) hit.decision.forward = policy::Forward::bypass;
    } else if (!hit.object) {
        hit.decision = policy::decide_absent(hit.set != nullptr, exchange.directives, mode);
    } else {
        hit.decision = decision_for(*hit.object, exchange);
    }
    if (hit.object && hit.object->part) judge_part(hit, exchange);
    return hit;
}

bool answers_too(const Hit& hit, std::string_view key_text, const Exchange& exchange) {
    return hit.fresh() && policy::answers_too(*hit.object, key_text, exchange.key_text);
}

std::string equivalent_key(const Shared& shared, const Exchange& exchange) {
    const bool obeyed = exchange.strategy->rules.configuration.no_vary_search && !exchange.by_content;
    return obeyed ? shared.searches.equivalent(exchange.key_text) : std::string();
}

storage::KeyView view_of(const Shared& shared, const Exchange& exchange, std::string_view text) {
    return {text, storage::hash_key(text, shared.hash_seed), exchange.key.path_offset};
}

Hit find_hit(Worker& worker, const Exchange& exchange) {
    Tiers& tiers = *exchange.running->tiers;
    const policy::Selecting selecting(*exchange.fields, exchange.first_language);
    auto found = tiers.find(exchange.key, selecting, exchange.strategy->index, exchange.now, worker.metrics());
    Hit hit = judged(worker.shared(), std::move(found.set), found.object, exchange);
    if (hit.object || hit.withheld) return hit;
    // Under another URL, but the origin says that it is the same. Only if it can be served as it is: all else is done
    // with the response of the URL itself.
    const std::string text = equivalent_key(worker.shared(), exchange);
    if (text.empty()) return hit;
    const storage::KeyView key = view_of(worker.shared(), exchange, text);
    found = tiers.find(key, selecting, exchange.strategy->index, exchange.now, worker.metrics());
    Hit other = judged(worker.shared(), std::move(found.set), found.object, exchange);
    return answers_too(other, text, exchange) ? other : hit;
}

Task<Hit> find_slow_hit(Worker& worker, const Exchange& exchange, Hit before) {
    Tiers& tiers = *exchange.running->tiers;
    before.given = tiers.given(exchange.key.hash);
    const policy::Selecting selecting(*exchange.fields, exchange.first_language);
    auto found = co_await tiers.find_slow(worker.executor(), exchange.key, selecting, exchange.strategy->index,
                                          exchange.now, worker.metrics());
    if (found.object || (found.set && !before.set)) {
        const auto given = before.given;
        before = judged(worker.shared(), std::move(found.set), found.object, exchange);
        before.given = given;
    }
    if (before.object || before.withheld) co_return before;
    const std::string text = equivalent_key(worker.shared(), exchange);
    if (text.empty()) co_return before;
    const storage::KeyView key = view_of(worker.shared(), exchange, text);
    found = co_await tiers.find_slow(worker.executor(), key, selecting, exchange.strategy->index, exchange.now,
                                     worker.metrics());
    Hit other = judged(worker.shared(), std::move(found.set), found.object, exchange);
    if (!answers_too(other, text, exchange)) co_return before;
    other.given = before.given;
    co_return other;
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
