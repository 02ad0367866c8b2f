#include "policy/cookies.h"

#include <algorithm>

namespace larder::policy {
namespace {

// Calls f(name, value) for each pair until it returns false; a pair without "=" has the name "".
template <class F>
bool for_each_pair(std::string_view rest, F f) {
    while (!rest.empty()) {
        const std::size_t end = rest.find(';');
        const std::string_view pair = trimmed(rest.substr(0, end));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        if (pair.empty()) continue;
        const std::size_t equals = pair.find('=');
        const bool named = equals != std::string_view::npos;
        if (!f(named ? pair.substr(0, equals) : std::string_view(), named ? pair.substr(equals + 1) : pair))
            return false;
    }
    return true;
}

template <class F>
void for_each_cookie(const Fields& request, F f) {
    for (const Field& field : request) {
        if (same_name(field.name, "cookie") && !for_each_pair(field.value, f)) return;
    }
}

bool is_among(const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::optional<std::string> cookie(const Fields& request, std::string_view name) {
    std::optional<std::string> found;
    for_each_cookie(request, [&](std::string_view pair_name, std::string_view value) {
        if (pair_name.empty() || pair_name != name) return true;
        if (found) {
            found->append(";").append(value);
        } else {
            found.emplace(value);
        }
        return true;
    });
    return found;
}

bool has_other_cookies(const Fields& request, const std::vector<std::string>& known) {
    bool other = false;
    for_each_cookie(request, [&](std::string_view name, std::string_view) {
        other = !is_among(known, name);
        return !other;
    });
    return other;
}

ForwardedCookies forwarded_cookies(std::string& out, std::string_view cookies,
                                   const config::StrategyConfiguration& strategy) {
    using config::RequestCookies;
    bool any = false, other = false, keyed = false;
    for_each_pair(cookies, [&](std::string_view name, std::string_view) {
        const bool in_key = is_among(strategy.key_cookies, name);
        any = true;
        keyed = keyed || in_key;
        other = other || !in_key;
        return true;
    });
    if (!any) return ForwardedCookies::none;
    if (strategy.cookies == RequestCookies::store) return ForwardedCookies::as_received;
    if (strategy.cookies == RequestCookies::bypass && other) return ForwardedCookies::as_received;
    if (!keyed) return ForwardedCookies::none;
    const std::size_t begin = out.size();
    for (const std::string& wanted : strategy.key_cookies) {
        for_each_pair(cookies, [&](std::string_view name, std::string_view value) {
            if (name != wanted) return true;
            if (out.size() > begin) out += "; ";
            out.append(name).append("=").append(value);
            return true;
        });
    }
    return ForwardedCookies::keyed;
}

}  // namespace larder::policy
