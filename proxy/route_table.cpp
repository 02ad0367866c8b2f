#include "proxy/route_table.h"

#include <algorithm>
#include <variant>

namespace larder::proxy {

RouteTable::RouteTable(const config::Config& configuration) {
    const auto add = [&](const config::Route& route, std::size_t upstream) {
        const auto parsed = config::parse_pattern(route.host + route.path);
        if (const auto* pattern = std::get_if<config::PathPattern>(&parsed)) {
            index_.add(*pattern, static_cast<std::uint32_t>(routes_.size()));
            routes_.push_back({route, upstream});
        }
    };
    for (const config::Route& route : configuration.routes) {
        const auto& upstreams = configuration.upstreams;
        const auto it = std::find_if(upstreams.begin(), upstreams.end(),
                                     [&](const config::Upstream& u) { return u.name == route.upstream; });
        if (it != upstreams.end()) add(route, static_cast<std::size_t>(it - upstreams.begin()));
    }
    if (configuration.routes.empty()) add(config::Route{}, 0);
}

const CompiledRoute* RouteTable::find(std::string_view host, std::string_view path) const {
    const auto found = index_.find(host, path);
    return found ? &routes_[*found] : nullptr;
}

void append_routed_target(std::string& out, const config::Route& route, std::string_view text) {
    // A prefix is cut only at a segment's end: /v2 is no prefix of /v20.
    const std::string& strip = route.strip_prefix;
    if (!strip.empty() && text.starts_with(strip)) {
        const std::string_view rest = text.substr(strip.size());
        if (strip.ends_with('/')) {
            text.remove_prefix(strip.size() - 1);
        } else if (rest.empty() || rest.front() == '/' || rest.front() == '?') {
            text = rest;
        }
    }
    std::string_view prefix = route.add_prefix;
    if (prefix.ends_with('/')) prefix.remove_suffix(1);
    out += prefix;
    if (!text.starts_with('/')) out += '/';
    out += text;
}

}  // namespace larder::proxy
