// The strategies of a configuration, compiled: which one a request falls under, and what it says.
//
// Built once from a checked configuration, then read by any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "policy/pattern_index.h"
#include "policy/rules.h"

namespace larder::policy {

struct Strategy {
    std::string name;
    std::string resource_type;
    config::LayerName layer = config::LayerName::l1_application;  // where its objects go, and into those in front
    config::PathPattern pattern;
    Rules rules;
    std::uint32_t index = 0;
    bool names_resource = false;  // the pattern has {resource_id}
};

class StrategyTable {
  public:
    explicit StrategyTable(const config::Config&);

    // Null: no strategy matches; such a request is proxied, not stored.
    const Strategy* find(std::string_view host, std::string_view path) const;
    // All that match, the one in force first.
    std::vector<const Strategy*> find_all(std::string_view host, std::string_view path) const;
    const std::vector<Strategy>& all() const { return strategies_; }

  private:
    std::vector<Strategy> strategies_;
    PatternIndex index_;
};

}  // namespace larder::policy
