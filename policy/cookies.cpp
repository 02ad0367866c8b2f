#include "policy/cookies.h"

#include <algorithm>

namespace larder::policy {
namespace {

// Calls f(name, value) for each pair until it returns false; a pair without "=" has the name "".
template <class F>
void for_each_cookie(const Fields& request, F f) {
    for (const Field& field : request) {
        if (!same_name(field.name, "cookie")) continue;
        std::string_view rest = field.value;
        while (!rest.empty()) {
            const std::size_t end = rest.find(';');
            const std::string_view pair = trimmed(rest.substr(0, end));
            rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
            if (pair.empty()) continue;
            const std::size_t equals = pair.find('=');
            const bool named = equals != std::string_view::npos;
            if (!f(named ? pair.substr(0, equals) : std::string_view(), named ? pair.substr(equals + 1) : pair)) return;
        }
    }
}

}  // namespace

std::optional<std::string_view> cookie(const Fields& request, std::string_view name) {
    std::optional<std::string_view> found;
    for_each_cookie(request, [&](std::string_view pair_name, std::string_view value) {
        if (!pair_name.empty() && pair_name == name) found = value;
        return !found;
    });
    return found;
}

bool has_other_cookies(const Fields& request, const std::vector<std::string>& known) {
    bool other = false;
    std::vector<std::string_view> seen;
    for_each_cookie(request, [&](std::string_view name, std::string_view) {
        // The key holds the first of a name; which one counts for the origin is not known.
        const bool twice = std::find(seen.begin(), seen.end(), name) != seen.end();
        other = twice || std::find(known.begin(), known.end(), name) == known.end();
        seen.push_back(name);
        return !other;
    });
    return other;
}

}  // namespace larder::policy
