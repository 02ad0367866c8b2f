#include "policy/strategy_table.h"

#include <algorithm>
#include <variant>

#include "policy/fingerprint.h"

namespace larder::policy {

StrategyTable::StrategyTable(const config::Config& configuration) {
    for (const config::Strategy& written : configuration.strategies) {
        if (!written.is_active) continue;
        const auto parsed = config::parse_pattern(written.cache_key_pattern);
        const auto* pattern = std::get_if<config::PathPattern>(&parsed);
        if (!pattern) continue;  // a checked configuration has none such
        Strategy strategy;
        strategy.name = written.strategy_name;
        strategy.resource_type = written.resource_type;
        strategy.layer = written.cache_layer;
        strategy.pattern = *pattern;
        strategy.rules.configuration = written.configuration;
        strategy.rules.behavior = written.cache_behavior;
        strategy.index = static_cast<std::uint32_t>(strategies_.size());
        strategy.names_resource =
            std::any_of(pattern->segments.begin(), pattern->segments.end(), [](const config::Segment& segment) {
                return segment.kind == config::Segment::Kind::named && segment.text == "resource_id";
            });
        const auto layer = std::find_if(configuration.layers.begin(), configuration.layers.end(),
                                        [&](const config::Layer& l) { return l.layer_name == written.cache_layer; });
        const storage::Seconds layer_ttl = layer == configuration.layers.end() ? 60 : layer->default_ttl_seconds;
        strategy.rules.ttl = written.ttl ? written.ttl->count() : layer_ttl;
        strategy.rules.fingerprint = fingerprint(strategy.name, strategy.rules);
        index_.add(strategy.pattern, strategy.index);
        strategies_.push_back(std::move(strategy));
    }
}

const Strategy* StrategyTable::find(std::string_view host, std::string_view path) const {
    const auto found = index_.find(host, path);
    return found ? &strategies_[*found] : nullptr;
}

std::vector<const Strategy*> StrategyTable::find_all(std::string_view host, std::string_view path) const {
    std::vector<const Strategy*> all;
    for (const std::uint32_t found : index_.find_all(host, path)) all.push_back(&strategies_[found]);
    return all;
}

}  // namespace larder::policy
