#include "policy/invalidates.h"

#include <algorithm>

namespace larder::policy {

bool is_safe(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE" || method == "QUERY";
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

}  // namespace larder::policy
