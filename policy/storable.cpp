#include "policy/storable.h"

#include <algorithm>
#include <iterator>

#include "policy/credentials.h"
#include "policy/freshness.h"
#include "policy/request_field.h"
#include "policy/tags.h"
#include "policy/vary.h"

namespace larder::policy {

namespace {

using config::SetCookie;

constexpr std::size_t most_vary_names = 16;
constexpr std::size_t most_vary_bytes = 1024;
constexpr std::size_t most_vary_value_bytes = 1024;

// 428, 429, 431 and 511 must not be stored (RFC 6585 sections 3-6); 412, 416 and 417 answer a field of one request
// that is not in the key.
bool final_and_shared(int status) {
    switch (status) {
        case 304:
        case 412:
        case 416:
        case 417:
        case 428:
        case 429:
        case 431:
        case 511:
            return false;
        default:
            return status >= 200 && status <= 999;
    }
}

// What was wrong with one request, by fields that need not be in the key; an attacker sends them on purpose, to have
// the error stored for others (cache-poisoned denial of service).
bool about_the_request(int status) {
    switch (status) {
        case 400:
        case 408:
        case 413:
        case 414:
        case 415:
        case 421:
        case 425:
        case 501:
            return true;
        default:
            return false;
    }
}

// Status codes whose caching requirements are known and met here: those of RFC 9110 section 15.
bool understood(int status) {
    return (status >= 200 && status <= 205) || (status >= 300 && status <= 308 && status != 306) ||
           (status >= 400 && status <= 417) || status == 421 || status == 422 || status == 426 ||
           (status >= 500 && status <= 505);
}

bool set_cookie_forbids(const Response& response, const ResponseDirectives& directives, const Rules& rules) {
    if (rules.configuration.set_cookie != SetCookie::bypass) return false;
    const auto named = [](const std::vector<std::string>& names, const char* name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    const auto forbids = [&](const char* name) {
        const bool left_out = named(directives.no_cache_fields, name) || named(directives.private_fields, name);
        return response.fields.has(name) && !left_out;
    };
    return forbids("set-cookie") || forbids("set-cookie2");
}

// The server takes its connection for that user's from now on (RFC 4559 section 6; NTLM). A challenge to one client is
// part of its exchange with the server.
bool authenticates_connection(const Fields& response) {
    bool found = false;
    for (const char* name : {"WWW-Authenticate", "Proxy-Authenticate"}) {
        for_each_element(response, name, [&](std::string_view challenge) {
            const std::string_view scheme = challenge.substr(0, challenge.find_first_of(" \t"));
            found = same_name(scheme, "NTLM") || same_name(scheme, "Negotiate");
            return !found;
        });
        if (found) return true;
    }
    return false;
}

// What a response of this kind says is about one request or one client, whatever its Cache-Control says.
StoreVerdict kind_verdict(const Response& response, const Rules& rules) {
    if (response.status == 206) return StoreVerdict::partial;
    if (!final_and_shared(response.status)) return StoreVerdict::status;
    const bool all_errors = rules.configuration.store_errors == config::StoreErrors::all;
    if (!all_errors && about_the_request(response.status)) return StoreVerdict::request_error;
    if (response.status >= 300 && response.status <= 399 && response.leads_to_itself)
        return StoreVerdict::self_redirect;
    if (authenticates_connection(response.fields)) return StoreVerdict::connection_auth;
    if (response.fields.has("Clear-Site-Data")) return StoreVerdict::clear_site_data;
    return StoreVerdict::storable;
}

StoreVerdict request_verdict(const Request& request, const Rules& rules) {
    if (!request.content_in_key) {
        // HEAD has nothing to store; it may update (section 4.3.5).
        if (request.method != "GET") return StoreVerdict::method;
        if (request.has_body) return StoreVerdict::request_body;
    }
    if (request.fields.has("Range")) return StoreVerdict::range_request;
    const bool heeded = rules.configuration.request_directives != config::RequestDirectives::ignore;
    if (heeded && parse_request_directives(request.fields).no_store) return StoreVerdict::request_no_store;
    return StoreVerdict::storable;
}

StoreVerdict directive_verdict(const Request& request, const Response& response, const ResponseDirectives& directives,
                               const Rules& rules) {
    if (directives.malformed) return StoreVerdict::malformed_cache_control;
    // RFC 9111 section 5.2.2.3: no-store beside must-understand is for caches that do not know the status.
    if (directives.must_understand && !understood(response.status)) return StoreVerdict::status;
    if (directives.no_store && !directives.must_understand) return StoreVerdict::no_store;
    if (directives.is_private) return StoreVerdict::private_response;
    const Credentials carried = credentials_of(request, rules), permitted = permitted_credentials(directives, rules);
    if (carried.authorization && !permitted.authorization) return StoreVerdict::authorization;
    if (set_cookie_forbids(response, directives, rules)) return StoreVerdict::set_cookie;
    if (carried.cookies && !permitted.cookies) return StoreVerdict::request_cookie;
    return StoreVerdict::storable;
}

// Where what one client sent would lead others: a redirect, a preload, a policy. Short values repeat by chance.
bool reflects_unkeyed(const Fields& request, const Fields& response, const std::vector<std::string>& vary,
                      const config::StrategyConfiguration& strategy) {
    constexpr std::size_t min_telling = 6;
    const auto is_selected = [&](std::string_view name) {
        const auto same = [&](const std::string& other) { return same_name(other, name); };
        return std::any_of(vary.begin(), vary.end(), same) ||
               std::any_of(strategy.key_fields.begin(), strategy.key_fields.end(), same);
    };
    for (const Field& leading : response) {
        const bool leads = same_name(leading.name, "Location") || same_name(leading.name, "Content-Location") ||
                           same_name(leading.name, "Link") || same_name(leading.name, "Refresh") ||
                           same_name(leading.name, "Content-Security-Policy");
        if (!leads) continue;
        for (const Field& field : request) {
            const RequestField known = request_field(field.name);
            if (field.value.size() < min_telling || known.role == FieldRole::cookie) continue;
            if (leading.value.find(field.value) != std::string_view::npos && !is_selected(field.name)) return true;
        }
    }
    return false;
}

StoreVerdict vary_verdict(const Request& request, const Fields& response, const Rules& rules) {
    std::size_t bytes = 0;
    for (const Field& field : response) {
        if (same_name(field.name, "Vary")) bytes += field.value.size();
    }
    if (bytes > most_vary_bytes) return StoreVerdict::vary_too_long;
    const auto names = vary_names(response, request.fields, rules.configuration);
    if (!names) return StoreVerdict::vary_star;
    if (!unselectable_name(*names, rules.configuration).empty()) return StoreVerdict::vary_unselectable;
    const bool bypassed = std::any_of(names->begin(), names->end(), [&](const std::string& name) {
        return vary_policy(rules.configuration, name) == config::VaryPolicy::bypass;
    });
    if (bypassed) return StoreVerdict::vary_bypass;
    if (names->size() > most_vary_names) return StoreVerdict::vary_too_long;
    // Each lookup of the key compares with it.
    std::size_t value_bytes = 0;
    for (const Field& field : request.fields) {
        const auto same = [&](const std::string& name) { return same_name(name, field.name); };
        if (std::any_of(names->begin(), names->end(), same)) value_bytes += field.value.size();
    }
    if (value_bytes > most_vary_value_bytes) return StoreVerdict::vary_too_long;
    const bool reflects =
        rules.configuration.reflection_guard && reflects_unkeyed(request.fields, response, *names, rules.configuration);
    return reflects ? StoreVerdict::reflection : StoreVerdict::storable;
}

StoreVerdict use_verdict(const Request& request, const Response& response, const ResponseDirectives& directives,
                         const Rules& rules) {
    const bool explicitly = explicit_freshness(response, directives).has_value();
    // RFC 9110 section 9.3.3: POST is cacheable only with explicit freshness; the strategy's own lifetime is that too.
    const auto mode = rules.configuration.ttl_mode;
    const bool by_strategy = mode == config::TtlMode::fallback || mode == config::TtlMode::override_origin;
    const bool wanted =
        rules.behavior == config::CacheBehavior::cache_aside || (request.method == "POST" && !by_strategy);
    if (wanted && !explicitly) return StoreVerdict::no_explicit_freshness;
    // RFC 9111 section 3, last item.
    if (!explicitly && !directives.is_public && !heuristically_cacheable(response.status)) {
        return StoreVerdict::not_cacheable;
    }
    if (has_validator(response)) return StoreVerdict::storable;
    const storage::Lifetime life = lifetime(request, response, rules);
    const storage::Seconds last_use = life.freshness + std::max(life.stale_while_revalidate, life.stale_if_error);
    return last_use > life.initial_age ? StoreVerdict::storable : StoreVerdict::useless;
}

struct Row {
    const char* word;
    const char* clause;
};

const Row& row(StoreVerdict verdict) {
    static constexpr Row rows[] = {
        {"storable", "RFC 9111 section 3"},
        {"method", "RFC 9111 section 3: only GET, and content_methods, are stored here"},
        {"request-body", "RFC 9110 section 9.3.1: content of a GET is not in the key"},
        {"request-no-store", "RFC 9111 section 5.2.1.5"},
        {"range-request", "RFC 9111 section 3.3"},
        {"status", "RFC 9111 section 3; RFC 6585"},
        {"partial", "RFC 9111 section 3.3"},
        {"request-error", "strategy_configuration.store_errors"},
        {"usable-stored", "an error takes the place of no 2xx that is of use"},
        {"self-redirect", "RFC 9110 section 15.4: it would lead everybody in a circle"},
        {"connection-auth", "RFC 4559 section 6"},
        {"clear-site-data", "the field is about one client's store"},
        {"malformed-cache-control", "RFC 9111 section 4.2.1: stricter than it"},
        {"no-store", "RFC 9111 section 5.2.2.5"},
        {"private", "RFC 9111 section 5.2.2.7"},
        {"authorization", "RFC 9111 section 3.5"},
        {"set-cookie", "strategy_configuration.set_cookie"},
        {"request-cookie", "strategy_configuration.cookies"},
        {"vary-star", "RFC 9111 section 4.1"},
        {"vary-bypass", "strategy_configuration.vary"},
        {"vary-too-long", "at most 16 names in 1024 bytes, and 1024 bytes of the request's values for them"},
        {"vary-unselectable",
         "RFC 9111 section 4.1: Larder writes the field anew for each request; put it into key_fields"},
        {"reflection", "strategy_configuration.reflection_guard"},
        {"too-many-tags", "limit of tags"},
        {"no-explicit-freshness", "RFC 9110 section 9.3.3; cache_behavior CACHE_ASIDE"},
        {"not-cacheable", "RFC 9111 section 3"},
        {"useless", "RFC 9111 section 4.2: never fresh, and no validator"},
    };
    static_assert(std::size(rows) == static_cast<std::size_t>(StoreVerdict::useless) + 1);
    return rows[static_cast<std::size_t>(verdict)];
}

}  // namespace

const char* word(StoreVerdict verdict) {
    return row(verdict).word;
}

const char* clause(StoreVerdict verdict) {
    return row(verdict).clause;
}

StoreVerdict storable(const Request& request, const Response& response, const Rules& rules) {
    StoreVerdict verdict = request_verdict(request, rules);
    if (verdict != StoreVerdict::storable) return verdict;
    verdict = kind_verdict(response, rules);
    if (verdict != StoreVerdict::storable) return verdict;
    const ResponseDirectives directives = effective_directives(response.fields, rules);
    verdict = directive_verdict(request, response, directives, rules);
    if (verdict == StoreVerdict::storable) verdict = vary_verdict(request, response.fields, rules);
    if (verdict == StoreVerdict::storable && !tags(response.fields)) verdict = StoreVerdict::too_many_tags;
    if (verdict == StoreVerdict::storable) verdict = use_verdict(request, response, directives, rules);
    return verdict;
}

}  // namespace larder::policy
