// Which upstream a request goes to, and how its target and fields are changed on the way.
// Built once from a checked configuration, then read by any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "policy/pattern_index.h"

namespace larder::proxy {

struct CompiledRoute {
    config::Route settings;
    std::size_t upstream = 0;  // index into config.upstreams
};

class RouteTable {
  public:
    explicit RouteTable(const config::Config&);
    // The most specific route; without routes, one to the first upstream. Null: no route matches.
    const CompiledRoute* find(std::string_view host, std::string_view path) const;

  private:
    std::vector<CompiledRoute> routes_;
    policy::PatternIndex index_;
};

// The target as the route's upstream gets it: `text` is the canonical path and query.
void append_routed_target(std::string& out, const config::Route& route, std::string_view text);

}  // namespace larder::proxy
