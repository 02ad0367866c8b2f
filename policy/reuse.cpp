#include "policy/reuse.h"

#include <algorithm>

namespace larder::policy {

namespace {

using storage::Lifetime;
using storage::Seconds;
using storage::UnixTime;
using Mode = config::RequestDirectives;

// Everything of RFC 9111 section 4 but only-if-cached.
Decision judge(const Lifetime& life, const RequestDirectives& directives, Mode mode, UnixTime now) {
    const Seconds age = life.age(now);
    const bool obey = mode == Mode::obey;
    // RFC 9111 sections 5.2.1.4 and 5.2.1.1.
    if (obey && (directives.no_cache || (directives.max_age && age > *directives.max_age))) {
        return {Reuse::validate, Forward::request};
    }
    if (life.fresh(now)) {
        // RFC 9111 section 5.2.1.3.
        const bool enough = !obey || life.freshness - age >= directives.min_fresh.value_or(0);
        return enough ? Decision{Reuse::fresh, Forward::none} : Decision{Reuse::validate, Forward::request};
    }
    if (life.must_revalidate) return {Reuse::validate, Forward::stale};  // RFC 9111 section 4.2.4

    const bool wants_fresh = obey && (directives.min_fresh || (directives.max_age && !directives.max_stale));
    const bool in_window = life.stale_while_revalidate > 0 && life.freshness + life.stale_while_revalidate > age;
    if (!wants_fresh && in_window) return {Reuse::stale_while_revalidate, Forward::none};
    // RFC 9111 section 5.2.1.2. How stale an invalidated response is, nobody knows.
    const bool accepted = mode != Mode::ignore && directives.max_stale && !life.invalidated &&
                          age - life.freshness <= *directives.max_stale && !(obey && directives.min_fresh);
    if (accepted) return {Reuse::stale_accepted, Forward::none};
    return {Reuse::validate, Forward::stale};
}

Decision unless_only_if_cached(Decision decision, const RequestDirectives& directives, Mode mode) {
    const bool forwards = decision.reuse == Reuse::validate || decision.reuse == Reuse::fetch;
    if (forwards && directives.only_if_cached && mode != Mode::ignore) return {Reuse::gateway_timeout, Forward::none};
    return decision;
}

}  // namespace

const char* word(Reuse reuse) {
    static constexpr const char* words[] = {"fresh", "stale-while-revalidate", "stale-accepted", "validate",
                                            "fetch", "gateway-timeout"};
    return words[static_cast<std::size_t>(reuse)];
}

Decision decide(const storage::Object& object, const RequestDirectives& directives, Mode mode, UnixTime now) {
    return unless_only_if_cached(judge(object.lifetime, directives, mode, now), directives, mode);
}

Decision decide_outdated(const RequestDirectives& directives, Mode mode) {
    return unless_only_if_cached({Reuse::validate, Forward::stale}, directives, mode);
}

Decision decide_absent(bool other_variants, const RequestDirectives& directives, Mode mode) {
    const Forward forward = other_variants ? Forward::vary_miss : Forward::uri_miss;
    return unless_only_if_cached({Reuse::fetch, forward}, directives, mode);
}

bool is_origin_error(int status) {
    return status == 500 || (status >= 502 && status <= 504);
}

bool may_serve_on_error(const storage::Object& object, const RequestDirectives& directives, Mode mode, UnixTime now) {
    const Lifetime& life = object.lifetime;
    const bool obey = mode == Mode::obey;
    if (life.fresh(now) && !(obey && directives.no_cache)) return true;
    if (life.must_revalidate) return false;
    const Seconds client = obey ? directives.stale_if_error.value_or(0) : 0;
    const Seconds window = std::max(life.stale_if_error, client);
    return window > 0 && life.freshness + window > life.age(now);
}

}  // namespace larder::policy
