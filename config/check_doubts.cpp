// What is legal, and surely not meant: settings without effect, and words that mean something else than they seem to.
#include <unistd.h>

#include <algorithm>

#include "config/address.h"
#include "config/checks.h"
#include "config/layer_sizes.h"
#include "config/pattern.h"
#include "config/units.h"

namespace larder::config {
namespace {

void doubt_ttl(const Subject& subject, std::size_t i) {
    const Strategy& strategy = subject.config.strategies[i];
    const bool mode_uses_it = strategy.configuration.ttl_mode != TtlMode::origin;
    if (strategy.ttl && !mode_uses_it) {
        const bool says = subject.written(element("strategies", i, "strategy_configuration.ttl_mode"));
        subject.doubt(
            element("strategies", i, "ttl_seconds"),
            show_duration(*strategy.ttl) + (says ? " with ttl_mode: origin" : " without a ttl_mode"),
            "strategy_configuration: {ttl_mode: default} (or cap, override): with `origin`, the default, only "
            "the origin's word counts, and ttl_seconds has no effect");
    }
    if (strategy.ttl || !mode_uses_it) return;
    const auto layer = std::ranges::find(subject.config.layers, strategy.cache_layer, &Layer::layer_name);
    if (layer == subject.config.layers.end()) return;
    subject.doubt(element("strategies", i, "strategy_configuration.ttl_mode"),
                  std::string(word(strategy.configuration.ttl_mode)) + " without ttl_seconds",
                  "ttl_seconds beside it: the lifetime is now the default_ttl_seconds of " +
                      std::string(word(layer->layer_name)) + ", " + show_duration(seconds(layer->default_ttl_seconds)));
}

// api/items/** means the host `api`.
void doubt_host(const Subject& subject, std::size_t i) {
    const std::string& text = subject.config.strategies[i].cache_key_pattern;
    const auto parsed = parse_pattern(text);
    const auto* pattern = std::get_if<PathPattern>(&parsed);
    if (!pattern || pattern->host.empty() || pattern->host == "localhost") return;
    if (pattern->host.find_first_of(".:") != npos) return;
    const auto& routes = subject.config.routes;
    if (std::ranges::find(routes, pattern->host, &Route::host) != routes.end()) return;
    subject.doubt(element("strategies", i, "cache_key_pattern"),
                  in_quotes(text) + ", which is the host " + in_quotes(pattern->host) + " and a path",
                  in_quotes("/" + text) + ", if " + in_quotes(pattern->host) + " is the beginning of the path");
}

void doubt_size(const Subject& subject, std::size_t i) {
    const Strategy& strategy = subject.config.strategies[i];
    const std::string field = element("strategies", i, "strategy_configuration.max_object_size");
    const auto& layers = subject.config.layers;
    const auto last = std::ranges::find(layers, strategy.cache_layer, &Layer::layer_name);
    if (!subject.written(field) || last == layers.end()) return;
    const Layer* widest = nullptr;
    for (const Layer& layer : layers) {
        if (!layer.is_active || layer.cache_level > last->cache_level) continue;
        if (!widest || largest_body(layer) > largest_body(*widest)) widest = &layer;
    }
    const std::uint64_t wanted = strategy.configuration.max_object_size;
    if (widest && wanted > largest_body(*widest)) {
        const bool queue = widest->technology == Technology::file_system &&
                           widest->file_system.queue_bytes < largest_on_disk(widest->max_size_bytes);
        subject.doubt(field, show_size(wanted),
                      "at most " + show_size(largest_body(*widest)) +
                          ": no layer of the strategy takes a larger object; " + "raise " +
                          (queue ? "connection_config.queue_bytes" : "max_size_bytes") + " of " +
                          word(widest->layer_name) + " in " +
                          subject.line_of(element("layers", static_cast<std::size_t>(widest - layers.data()))));
    } else if (wanted > subject.config.limits.fills_bytes) {
        subject.doubt(field, show_size(wanted),
                      "at most limits.fills_bytes, which is " + show_size(subject.config.limits.fills_bytes) +
                          ": what exceeds it on its way into a layer is not stored; raise that");
    }
}

void doubt_content(const Subject& subject, std::size_t i) {
    const StrategyConfiguration& rules = subject.config.strategies[i].configuration;
    const std::string field = element("strategies", i, "strategy_configuration.content_bytes");
    const std::uint64_t bodies = subject.config.limits.request_body_bytes;
    if (!subject.written(field)) return;
    if (rules.content_methods.empty()) {
        subject.doubt(field, show_size(rules.content_bytes) + " without content_methods",
                      "a method in content_methods whose content it is for, or no content_bytes");
    } else if (bodies > 0 && rules.content_bytes > bodies) {
        subject.doubt(
            field, show_size(rules.content_bytes),
            "at most limits.request_body_bytes, which is " + show_size(bodies) + ": a longer request is answered 413");
    }
}

// Two requests that differ only in what `strip_prefix` is, and a path that is only that, lead to nothing.
void doubt_routes(const Subject& subject) {
    for (std::size_t i = 0; i < subject.config.routes.size(); ++i) {
        const Route& route = subject.config.routes[i];
        const auto parsed = parse_pattern(route.path);
        const auto* pattern = std::get_if<PathPattern>(&parsed);
        if (!pattern || pattern->segments.empty()) continue;
        const bool literal = std::ranges::all_of(
            pattern->segments, [](const Segment& segment) { return segment.kind == Segment::Kind::literal; });
        const std::string& last = pattern->segments.back().text;
        if (!literal || last.empty() || last.find('.') != npos) continue;
        const std::string below = route.path + "/**";
        const auto covers = [&](const Route& other) {
            const auto there = parse_pattern(other.path);
            const auto here = parse_pattern(below);
            const auto* one = std::get_if<PathPattern>(&there);
            const auto* two = std::get_if<PathPattern>(&here);
            return one && two && (other.host.empty() || other.host == route.host) && overlap(*one, *two);
        };
        if (std::ranges::any_of(subject.config.routes, covers)) continue;
        subject.doubt(element("routes", i, "path"), in_quotes(route.path) + ", which is that path alone",
                      "a route for " + in_quotes(below) + " too, if what is below is meant: it is answered 404 now");
    }
}

// Where the operator checks, these files need not be as they are where it serves.
void doubt_files(const Subject& subject) {
    for (std::size_t i = 0; i < subject.config.upstreams.size(); ++i) {
        const Upstream& upstream = subject.config.upstreams[i];
        const std::string field = element("upstreams", i, "tls_ca_file");
        if (upstream.tls_ca_file.empty() || !subject.written(field)) continue;
        if (!upstream.tls_verify) {
            subject.doubt(field, in_quotes(upstream.tls_ca_file) + " with tls_verify: false",
                          "tls_verify: true: nothing is checked against it now");
        } else if (::access(upstream.tls_ca_file.c_str(), R_OK) != 0) {
            subject.doubt(field, in_quotes(upstream.tls_ca_file) + ", which cannot be read here",
                          "a readable file with PEM certificates: `serve` does not start without it");
        }
    }
}

// Names are compared, not resolved: what comes back by another name is only seen when it does (CDN-Loop).
void doubt_servers(const Subject& subject) {
    for_each_server(subject, [&](const Server& server, const std::string& field) {
        for (const Listener& listener : subject.config.listeners) {
            const auto own = parse_address(listener.address);
            if (!own || !reaches(server, *own)) continue;
            std::string expected = "a server that is not a listener of this Larder, " + in_quotes(listener.address) +
                                   ": each request comes back, and is answered 502; change one of the two";
            if (field.empty()) return subject.doubts.add_flag("--upstream", to_string(server), std::move(expected));
            return subject.doubt(field, to_string(server), std::move(expected));
        }
    });
}

void doubt_limits(const Subject& subject) {
    const Config& config = subject.config;
    const std::pair<const char*, std::uint64_t> all[] = {
        {"limits.fills_bytes", config.limits.fills_bytes},
        {"limits.fill_window_bytes", config.limits.fill_window_bytes},
        {"limits.admin_body_bytes", config.limits.admin_body_bytes * config.limits.admin_connections},
    };
    for (const auto& [field, bytes] : all) {
        // Beside what MEMORY layers may hold.
        const bool beside = std::string_view(field).ends_with("fills_bytes");
        const std::uint64_t layers = beside ? std::min(memory_of_layers(config), config.memory) : 0;
        if (!subject.written(field) || bytes <= config.memory - layers) continue;
        subject.doubt(field,
                      show_size(bytes) +
                          (std::string_view(field).ends_with("admin_body_bytes") ? " on all admin_connections" : ""),
                      "less than memory, which is " + show_size(config.memory) +
                          (layers > 0 ? ", less " + show_size(layers) + " for MEMORY layers" : "") +
                          ": the process would be ended before the limit strikes; lower it or raise memory");
    }
    for (std::size_t i = 0; i < config.layers.size(); ++i) {
        const std::string field = element("layers", i, "connection_config.queue_bytes");
        const std::uint64_t queue = config.layers[i].file_system.queue_bytes;
        if (!subject.written(field) || queue <= config.memory) continue;
        subject.doubt(field, show_size(queue),
                      "less than memory, which is " + show_size(config.memory) + ": what waits is in memory; lower it");
    }
}

}  // namespace

void warn_of_doubts(const Subject& subject) {
    for (std::size_t i = 0; i < subject.config.strategies.size(); ++i) {
        if (!subject.config.strategies[i].is_active || !subject.written("strategies")) continue;
        doubt_ttl(subject, i);
        doubt_host(subject, i);
        doubt_size(subject, i);
        doubt_content(subject, i);
    }
    doubt_servers(subject);
    doubt_routes(subject);
    doubt_files(subject);
    doubt_limits(subject);
}

}  // namespace larder::config
