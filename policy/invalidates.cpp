#include "policy/invalidates.h"

#include <algorithm>

#include "policy/content_key.h"
#include "policy/structured.h"
#include "policy/tags.h"

namespace larder::policy {

bool is_safe(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE" || method == "QUERY";
}

bool only_reads(std::string_view method, const config::StrategyConfiguration* strategy) {
    return is_safe(method) || (strategy && keyed_by_content(method, *strategy));
}

std::vector<std::string> invalidated_uris(std::string_view method, int status, const UriView& target,
                                          const Fields& response) {
    std::vector<std::string> uris;
    if (is_safe(method) || status < 200 || status > 399) return uris;
    uris.push_back(std::string(target.scheme).append("://").append(target.authority).append(target.path));
    for (const std::string_view name : {"Location", "Content-Location"}) {
        auto uri = resolve_same_origin(target, response.value(name));
        if (uri && std::find(uris.begin(), uris.end(), *uri) == uris.end()) uris.push_back(std::move(*uri));
    }
    return uris;
}

std::vector<std::string> invalidated_groups(std::string_view method, const Fields& response) {
    const auto value = is_safe(method) ? std::nullopt : response.combined("Cache-Group-Invalidation");
    auto groups = value ? parse_string_list(*value) : std::nullopt;
    if (!groups || groups->size() > most_tags) return {};
    return std::move(*groups);
}

}  // namespace larder::policy
