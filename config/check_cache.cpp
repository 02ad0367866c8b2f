#include <algorithm>
#include <map>
#include <unordered_map>

#include "config/checks.h"
#include "config/pattern.h"

namespace larder::config {
namespace {

const std::vector<std::string> built_in_types = {"WORKOUT",     "EXERCISE",  "PROGRAM",        "USER_PROFILE", "MEDIA",
                                                 "TRANSLATION", "ANALYTICS", "SEARCH_RESULTS", "OTHER"};

void check_resource_types(const Subject& subject) {
    if (subject.complaints.about("resource_types")) return;
    std::vector<std::string> known = built_in_types;
    for (std::size_t i = 0; i < subject.config.resource_types.size(); ++i) {
        const std::string& type = subject.config.resource_types[i];
        if (std::ranges::find(built_in_types, type) != built_in_types.end()) {
            subject.complain(element("resource_types", i), in_quotes(type), "a type that is not built in: remove it");
        }
        known.push_back(type);
    }
    for (std::size_t i = 0; i < subject.config.strategies.size(); ++i) {
        const std::string& type = subject.config.strategies[i].resource_type;
        const std::string field = element("strategies", i, "resource_type");
        if (std::ranges::find(known, type) != known.end() || subject.complaints.about(field)) continue;
        subject.complain(
            field, in_quotes(type),
            "a built-in type or one of resource_types; declare it there" + did_you_mean(nearest(type, known)));
    }
}

void check_strategy_layers(const Subject& subject) {
    if (subject.complaints.about("layers")) return;
    std::vector<std::string> active;
    for (const Layer& layer : subject.config.layers) {
        if (layer.is_active) active.push_back(word(layer.layer_name));
    }
    for (std::size_t i = 0; i < subject.config.strategies.size(); ++i) {
        const Strategy& strategy = subject.config.strategies[i];
        const std::string name = word(strategy.cache_layer);
        const std::string field = element("strategies", i, "cache_layer");
        if (std::ranges::find(active, name) != active.end() || subject.complaints.about(field)) continue;
        const bool is_there = std::ranges::find(subject.config.layers, strategy.cache_layer, &Layer::layer_name) !=
                              subject.config.layers.end();
        if (is_there && !strategy.is_active) continue;
        std::string expected = "an active layer of this file";
        for (const std::string& layer : active) expected += (&layer == &active.front() ? ": " : ", ") + layer;
        subject.complain(field, in_quotes(name) + (is_there ? ", which is not active" : ", which is not there"),
                         expected);
    }
}

// Settings that another one of the same strategy keeps from having an effect.
void check_effects(const Subject& subject) {
    const auto normalised = [](const StrategyConfiguration& rules, const char* field) {
        return std::ranges::none_of(rules.vary, [&](const auto& named) {
            return named.first == field && named.second != VaryPolicy::normalise;
        });
    };
    for (std::size_t i = 0; i < subject.config.strategies.size(); ++i) {
        const StrategyConfiguration& rules = subject.config.strategies[i].configuration;
        const auto complain = [&](const char* setting, std::string found, std::string expected) {
            const std::string field = element("strategies", i, "strategy_configuration.") + setting;
            if (!subject.complaints.about(field)) subject.complain(field, std::move(found), std::move(expected));
        };
        for (const std::string& name : rules.key_fields) {
            // What Larder writes anew for each request, or reads itself.
            static constexpr const char* own[] = {
                "Via",     "CDN-Loop", "Traceparent",    "Tracestate",        "Host",          "Connection",
                "TE",      "Range",    "If-Range",       "If-Match",          "If-None-Match", "If-Modified-Since",
                "Upgrade", "Cookie",   "Content-Length", "Transfer-Encoding", "Max-Forwards",  "If-Unmodified-Since",
                "Expect"};
            const auto same = [&](const char* other) { return lower_case(name) == lower_case(other); };
            if (std::ranges::any_of(own, same)) {
                complain(
                    "key_fields", in_quotes(name),
                    "fields that clients differ by; for cookies there is key_cookies, and the host is in every key");
            }
        }
        if (!rules.offered_languages.empty() && !normalised(rules, "accept-language")) {
            complain("offered_languages", "languages", "vary without Accept-Language, or with normalise for it");
        }
        if (!rules.offered_encodings.empty() && !normalised(rules, "accept-encoding")) {
            complain("offered_encodings", "codings", "vary without Accept-Encoding, or with normalise for it");
        }
        if (rules.canonical_json && rules.content_methods.empty()) {
            complain("canonical_json", "true", "false, or a method in content_methods whose content it is for");
        }
    }
}

struct Selected {
    std::size_t index;
    PathPattern pattern;
};

// Active strategies whose pattern is right.
std::vector<Selected> selections(const Subject& subject) {
    std::vector<Selected> all;
    for (std::size_t i = 0; i < subject.config.strategies.size(); ++i) {
        auto parsed = parse_pattern(subject.config.strategies[i].cache_key_pattern);
        auto* pattern = std::get_if<PathPattern>(&parsed);
        if (!pattern || !subject.config.strategies[i].is_active) continue;
        if (subject.complaints.about(element("strategies", i, "cache_key_pattern"))) continue;
        all.push_back({i, std::move(*pattern)});
    }
    return all;
}

using Keys = std::unordered_map<std::string, std::size_t>;

// Whether more specific patterns select all that `base`/** does: base/* and, in turn, base/*/**.
bool is_covered(const Keys& keys, std::string base) {
    for (std::size_t depth = 0; depth < pattern_length_limit; ++depth) {
        base += "/*";
        if (!keys.contains(base)) return false;
        if (keys.contains(base + "/**")) return true;
    }
    return false;
}

void check_patterns(const Subject& subject) {
    const std::vector<Selected> all = selections(subject);
    Keys keys;
    for (const Selected& selected : all) {
        const auto [first, is_new] = keys.emplace(tie_key(selected.pattern), selected.index);
        if (is_new) continue;
        const Strategy& other = subject.config.strategies[first->second];
        subject.complain(element("strategies", selected.index, "cache_key_pattern"), in_quotes(selected.pattern.text),
                         "another pattern: " + in_quotes(other.cache_key_pattern) + " of " +
                             in_quotes(other.strategy_name) + " in " +
                             subject.line_of(element("strategies", first->second, "cache_key_pattern")) +
                             " ties with it; remove one or say is_active: false");
    }
    std::vector<PathPattern> routes;
    for (const Route& route : subject.config.routes) {
        auto parsed = parse_pattern(route.path);
        if (auto* pattern = std::get_if<PathPattern>(&parsed)) {
            pattern->host = route.host;
            routes.push_back(std::move(*pattern));
        }
    }
    const bool routes_known = !routes.empty() && !subject.complaints.about("routes");
    for (const Selected& selected : all) {
        const std::string field = element("strategies", selected.index, "cache_key_pattern");
        const std::string key = tie_key(selected.pattern);
        if (key.ends_with("/**") && is_covered(keys, key.substr(0, key.size() - 3))) {
            subject.complain(field, in_quotes(selected.pattern.text),
                             "a pattern that can be reached: more specific ones select all of its requests; remove it");
        }
        const auto leads_here = [&](const PathPattern& route) { return overlap(route, selected.pattern); };
        if (routes_known && std::ranges::none_of(routes, leads_here)) {
            subject.complain(
                field, in_quotes(selected.pattern.text),
                "a pattern that can be reached: no route has such requests; add a route or change the pattern");
        }
    }
}

}  // namespace

void check_strategies(const Subject& subject) {
    check_resource_types(subject);
    check_strategy_layers(subject);
    check_effects(subject);
    check_patterns(subject);
    std::unordered_map<std::string, std::size_t> names;
    for (std::size_t i = 0; i < subject.config.strategies.size(); ++i) {
        const std::string& name = subject.config.strategies[i].strategy_name;
        const std::string field = element("strategies", i, "strategy_name");
        if (subject.complaints.about(field)) continue;
        const auto [first, is_new] = names.emplace(name, i);
        if (is_new) continue;
        subject.complain(field, "a second " + in_quotes(name),
                         "a name of its own: " +
                             subject.line_of(element("strategies", first->second, "strategy_name")) + " has this one");
    }
}

}  // namespace larder::config
