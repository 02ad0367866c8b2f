#include "proxy/own_url.h"

#include <optional>
#include <string>

#include "policy/no_vary_search.h"
#include "policy/uri_reference.h"
#include "proxy/identify.h"
#include "proxy/shared.h"

namespace larder::proxy {
namespace {

// The key text without the fields that the strategy adds.
std::string_view own_key(const Exchange& exchange) {
    return std::string_view(exchange.key_text).substr(0, exchange.key_text.find(' '));
}

std::optional<std::string> key_of_reference(const Shared& shared, const Exchange& exchange,
                                            std::string_view reference) {
    // An empty reference is the target itself (RFC 3986 section 4.4).
    if (reference.empty()) return std::string(own_key(exchange));
    const policy::UriView target{exchange.scheme(), exchange.authority, exchange.target.text};
    const auto uri = policy::resolve_same_origin(target, reference);
    return uri ? key_of_url(shared, *uri) : std::nullopt;
}

std::string canonical(std::string_view key, const policy::SearchVariance& variance) {
    const std::size_t question = key.find('?');
    std::string text(key.substr(0, question));
    if (question == std::string_view::npos) return text;
    const std::string search = policy::canonical_search(key.substr(question + 1), variance);
    return search.empty() ? text : text + '?' + search;
}

}  // namespace

bool names_own_url(const Shared& shared, const Exchange& exchange, std::string_view reference) {
    return key_of_reference(shared, exchange, reference) == own_key(exchange);
}

bool redirects_to_itself(const Shared& shared, const Exchange& exchange, int status, const policy::Fields& response) {
    const policy::Field* location = status >= 300 && status <= 399 ? response.find("Location") : nullptr;
    if (!location) return false;
    const auto key = key_of_reference(shared, exchange, location->value);
    if (!key || *key == own_key(exchange)) return key.has_value();
    const bool obeyed = exchange.strategy && exchange.strategy->rules.configuration.no_vary_search;
    const auto variance = obeyed ? policy::search_variance(response) : std::nullopt;
    return variance && canonical(*key, *variance) == canonical(own_key(exchange), *variance);
}

}  // namespace larder::proxy
