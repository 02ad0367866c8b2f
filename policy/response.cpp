#include "policy/response.h"

#include <algorithm>
#include <utility>

#include "policy/cookies.h"
#include "policy/date.h"
#include "policy/targeted.h"

namespace larder::policy {

UnixTime date_of(const Response& response) {
    return parse_http_date(response.fields.value("Date"), response.response_time).value_or(response.response_time);
}

std::optional<UnixTime> last_modified_of(const Response& response) {
    return parse_http_date(response.fields.value("Last-Modified"), response.response_time);
}

bool has_validator(const Response& response) {
    return !response.fields.value("ETag").empty() || last_modified_of(response).has_value();
}

bool unkeyed_cookie(const Request& request, const Rules& rules) {
    if (rules.configuration.cookies != config::RequestCookies::bypass) return false;
    return has_other_cookies(request.fields, rules.configuration.key_cookies);
}

bool has_credentials(const Request& request, const Rules& rules) {
    const auto& strategy = rules.configuration;
    const auto among = [](const std::vector<std::string>& names, std::string_view name) {
        return std::any_of(names.begin(), names.end(),
                           [&](const std::string& other) { return same_name(other, name); });
    };
    constexpr std::string_view authorization = "Authorization";
    std::uint64_t lengths = std::uint64_t{1} << authorization.size();  // most names differ in theirs from all of these
    for (const std::string& name : strategy.personal_fields) lengths |= std::uint64_t{1} << (name.size() & 63);
    return std::any_of(request.fields.begin(), request.fields.end(), [&](const Field& field) {
        if (!(lengths >> (field.name.size() & 63) & 1)) return false;
        if (same_name(field.name, authorization)) return true;
        return among(strategy.personal_fields, field.name) && !among(strategy.key_fields, field.name);
    });
}

bool personal(const Request& request, const Rules& rules) {
    return has_credentials(request, rules) || unkeyed_cookie(request, rules);
}

bool lifted(const Rules& rules, std::string_view what) {
    const auto& lift = rules.configuration.lift;
    return std::find(lift.begin(), lift.end(), what) != lift.end();
}

namespace {

// What it says keeps a response from being reused without being asked for, and is obeyed.
bool restricts(const ResponseDirectives& directives, const Rules& rules) {
    if (directives.no_cache || !directives.no_cache_fields.empty()) return true;
    if (directives.no_store && !lifted(rules, "no-store")) return true;
    return (directives.is_private || !directives.private_fields.empty()) && !lifted(rules, "private");
}

}  // namespace

ResponseDirectives effective_directives(const Fields& response, const Rules& rules) {
    auto targeted = targeted_directives(response, rules.configuration.cache_control_targets);
    ResponseDirectives result = targeted ? std::move(*targeted) : parse_response_directives(response);
    // Many names are looked through for every field.
    constexpr std::size_t max_names = 64;
    const bool too_many = result.no_cache_fields.size() + result.private_fields.size() > max_names;
    if (!rules.configuration.qualified_directives || too_many) {
        // RFC 9111 sections 5.2.2.4 and 5.2.2.7 allow the unqualified reading.
        result.no_cache = result.no_cache || !result.no_cache_fields.empty();
        result.is_private = result.is_private || !result.private_fields.empty();
        result.no_cache_fields.clear();
        result.private_fields.clear();
    }
    if (lifted(rules, "no-store")) result.no_store = false;
    if (lifted(rules, "private")) {
        result.is_private = false;
        result.private_fields.clear();
    }
    if (result.targeted) result.no_guess = restricts(parse_response_directives(response), rules);
    return result;
}

bool heuristically_cacheable(int status) {
    switch (status) {
        case 200:
        case 203:
        case 204:
        case 206:
        case 300:
        case 301:
        case 308:
        case 404:
        case 405:
        case 410:
        case 414:
        case 501:
            return true;
        default:
            return false;
    }
}

}  // namespace larder::policy
