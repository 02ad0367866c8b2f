#include "policy/freshness.h"

#include <algorithm>

#include "policy/date.h"
#include "policy/delta_seconds.h"

namespace larder::policy {

namespace {

using storage::Lifetime;
using storage::Seconds;

constexpr Seconds heuristic_divisor = 10;
constexpr Seconds heuristic_limit = 86400;

Seconds clamped(Seconds value) {
    return std::clamp(value, Seconds{0}, max_delta_seconds);
}

// nullopt: there is none. Invalid, such as "0": expired (RFC 9111 section 5.3).
std::optional<Seconds> expires_freshness(const Response& response) {
    const Field* first = response.fields.find("Expires");
    if (!first) return std::nullopt;
    for (const Field& field : response.fields) {
        // RFC 9111 section 4.2.1: with several values, the first or stale.
        if (same_name(field.name, "Expires") && field.value != first->value) return 0;
    }
    const auto expires = parse_http_date(first->value, response.response_time);
    return expires ? clamped(*expires - date_of(response)) : 0;
}

// RFC 9111 section 4.2.2.
Seconds heuristic_freshness(const Request& request, const Response& response, const ResponseDirectives& directives,
                            const Rules& rules) {
    if (personal(request, rules) || directives.no_guess) return 0;
    if (!heuristically_cacheable(response.status) && !directives.is_public) return 0;
    const auto modified = last_modified_of(response);
    if (!modified || *modified >= response.response_time) return 0;
    return std::min((response.response_time - *modified) / heuristic_divisor, heuristic_limit);
}

bool fallback_applies(const Request& request, const Response& response, const ResponseDirectives& directives,
                      const Rules& rules) {
    if (personal(request, rules) || directives.no_guess || response.status >= 500) return false;
    return heuristically_cacheable(response.status) || directives.is_public;
}

LifetimeSource explicit_source(const ResponseDirectives& directives) {
    if (directives.s_maxage) return LifetimeSource::s_maxage;
    return directives.max_age ? LifetimeSource::max_age : LifetimeSource::expires;
}

Freshness uncapped(const Request& request, const Response& response, const ResponseDirectives& directives,
                   const Rules& rules) {
    const Seconds ttl = clamped(rules.ttl);
    const config::TtlMode mode = rules.configuration.ttl_mode;
    if (mode == config::TtlMode::override_origin) return {ttl, LifetimeSource::strategy};
    if (directives.no_cache) return {0, LifetimeSource::no_cache};  // RFC 9111 section 5.2.2.4
    if (const auto origin = explicit_freshness(response, directives)) return {*origin, explicit_source(directives)};
    if (mode == config::TtlMode::fallback && fallback_applies(request, response, directives, rules)) {
        return {ttl, LifetimeSource::strategy};
    }
    const Seconds guess = heuristic_freshness(request, response, directives, rules);
    return {guess, guess > 0 ? LifetimeSource::heuristic : LifetimeSource::nothing};
}

void cap(Freshness& freshness, Seconds most) {
    if (freshness.seconds <= most) return;
    freshness.seconds = most;
    freshness.capped = true;
}

Freshness freshness(const Request& request, const Response& response, const ResponseDirectives& directives,
                    const Rules& rules) {
    Freshness found = uncapped(request, response, directives, rules);
    if (rules.configuration.ttl_mode == config::TtlMode::cap) cap(found, clamped(rules.ttl));
    // Denial of service by a stored error (CPDoS): shorter than the origin says is always allowed.
    if (response.status >= 400) cap(found, rules.configuration.error_ttl_max.count());
    return found;
}

Seconds default_seconds(const std::optional<config::seconds>& configured) {
    return configured ? clamped(configured->count()) : 0;
}

}  // namespace

Seconds initial_age(const Response& response) {
    Seconds age_value = 0;
    for_each_element(response.fields, "Age", [&](std::string_view member) {
        age_value = parse_delta_seconds(member).value_or(0);
        return false;
    });
    const Seconds apparent_age = std::max(Seconds{0}, response.response_time - date_of(response));
    const Seconds response_delay = std::max(Seconds{0}, response.response_time - response.request_time);
    return clamped(std::max(apparent_age, age_value + response_delay));
}

std::optional<Seconds> explicit_freshness(const Response& response, const ResponseDirectives& directives) {
    // RFC 9111 section 4.2.1.
    if (directives.s_maxage) return directives.s_maxage;
    if (directives.max_age) return directives.max_age;
    return directives.targeted ? std::nullopt : expires_freshness(response);
}

Freshness freshness(const Request& request, const Response& response, const Rules& rules) {
    return freshness(request, response, effective_directives(response.fields, rules), rules);
}

const char* word(LifetimeSource source) {
    static constexpr const char* words[] = {"strategy", "no-cache",  "s-maxage", "max-age",
                                            "expires",  "heuristic", "none"};
    return words[static_cast<std::size_t>(source)];
}

const char* clause(LifetimeSource source) {
    static constexpr const char* clauses[] = {"ttl_mode",
                                              "RFC 9111 section 5.2.2.4",
                                              "RFC 9111 section 5.2.2.10",
                                              "RFC 9111 section 5.2.2.1",
                                              "RFC 9111 section 5.3",
                                              "RFC 9111 section 4.2.2",
                                              "RFC 9111 section 4.2.1"};
    return clauses[static_cast<std::size_t>(source)];
}

Lifetime lifetime(const Request& request, const Response& response, const Rules& rules) {
    const ResponseDirectives directives = effective_directives(response.fields, rules);
    Lifetime result;
    result.response_time = response.response_time;
    result.initial_age = initial_age(response);
    result.freshness = freshness(request, response, directives, rules).seconds;
    // RFC 9111 section 4.2.4; s-maxage has the meaning of proxy-revalidate (section 5.2.2.10).
    result.must_revalidate =
        directives.must_revalidate || directives.proxy_revalidate || directives.s_maxage || directives.no_cache;
    if (!result.must_revalidate) {
        const bool wanted = result.freshness > 0 || explicit_freshness(response, directives);
        result.stale_while_revalidate = directives.stale_while_revalidate.value_or(
            result.freshness > 0 ? default_seconds(rules.configuration.stale_while_revalidate) : 0);
        result.stale_if_error =
            directives.stale_if_error.value_or(wanted ? default_seconds(rules.configuration.stale_if_error) : 0);
    }
    if (response.status >= 400) {
        const Seconds left = std::max(Seconds{0}, rules.configuration.error_ttl_max.count() - result.freshness);
        result.stale_while_revalidate = std::min(result.stale_while_revalidate, left);
        result.stale_if_error = std::min(result.stale_if_error, left);
    }
    if (has_validator(response)) result.keep = clamped(rules.configuration.keep.count());
    return result;
}

}  // namespace larder::policy
