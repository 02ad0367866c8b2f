// Good configurations: what is read, and what is filled in.
#include "config/memory.h"
#include "config/settings.h"
#include "config/units.h"
#include "tests/config/loading.h"

namespace larder::config {
namespace {

TEST(GoodConfiguration, EmptyFileLeavesEveryDefaultOfTheStructs) {
    const Config config = good("");
    const Config standard;
    EXPECT_EQ(config.data_dir, "/var/lib/larder");
    EXPECT_EQ(config.threads, 0u);
    EXPECT_EQ(config.access_log, "-");
    EXPECT_EQ(config.admin.address, "127.0.0.1:9180");
    EXPECT_TRUE(config.routes.empty());
    EXPECT_TRUE(config.resource_types.empty());
    EXPECT_EQ(config.memory, available_memory());
    ASSERT_EQ(config.listeners.size(), 1u);
    EXPECT_TRUE(config.listeners[0].trusted_proxies.empty());
    EXPECT_FALSE(config.listeners[0].cache_status_detail);
    ASSERT_EQ(config.upstreams.size(), 1u);
    const Upstream& upstream = config.upstreams[0];
    EXPECT_EQ(upstream.servers, (std::vector<Server>{{false, "origin", 3000}}));
    EXPECT_EQ(upstream.balance, Balance::round_robin);
    EXPECT_EQ(upstream.host, "preserve");
    EXPECT_EQ(upstream.connect_timeout, 2s);
    EXPECT_EQ(upstream.first_byte_timeout, 30s);
    EXPECT_EQ(upstream.idle_timeout, 60s);
    EXPECT_EQ(upstream.max_connections, 256u);
    EXPECT_EQ(upstream.queue, 1024u);
    EXPECT_FALSE(upstream.health);
    EXPECT_TRUE(upstream.tls_verify);
    EXPECT_EQ(config.limits.request_head_bytes, standard.limits.request_head_bytes);
    EXPECT_EQ(config.limits.shutdown_grace, standard.limits.shutdown_grace);
}

TEST(GoodConfiguration, WithoutLayersMemoryGetsAQuarterAndTheDiskTenGibibytes) {
    const Config config = good("memory: 2GiB\n");
    ASSERT_EQ(config.layers.size(), 2u);
    EXPECT_EQ(config.layers[0].layer_name, LayerName::l1_application);
    EXPECT_EQ(config.layers[0].technology, Technology::memory);
    EXPECT_EQ(config.layers[0].max_size_bytes, 512 * MiB);
    EXPECT_EQ(config.layers[0].cache_level, 1);
    EXPECT_TRUE(config.layers[0].is_active);
    EXPECT_EQ(config.layers[1].layer_name, LayerName::l3_database);
    EXPECT_EQ(config.layers[1].technology, Technology::file_system);
    EXPECT_EQ(config.layers[1].max_size_bytes, 10 * GiB);
    EXPECT_EQ(config.layers[1].cache_level, 3);
    EXPECT_EQ(config.layers[1].default_ttl_seconds, 3600u);
    EXPECT_EQ(config.layers[1].file_system, FileSystem{});
    ASSERT_EQ(config.strategies.size(), 1u);
    EXPECT_EQ(config.strategies[0].cache_layer, LayerName::l3_database);
}

TEST(GoodConfiguration, TechnologyFollowsTheNameWhereItIsNotWritten) {
    const Config config = good(
        "layers:\n- {connection_config: {path: a//b/, readers: 8, queue_bytes: 1MiB, lookup_timeout: 200ms, timeout: "
        "3s}, max_size_bytes: 16MiB, "
        "layer_name: L3_DATABASE}\n- {layer_name: L1_APPLICATION, max_size_bytes: 1MiB}\n");
    ASSERT_EQ(config.layers.size(), 2u);
    EXPECT_EQ(config.layers[0].technology, Technology::file_system);
    EXPECT_EQ(config.layers[0].file_system, (FileSystem{"a/b", 8, MiB, 200ms, 3s}));
    EXPECT_EQ(config.layers[1].technology, Technology::memory);
}

TEST(GoodConfiguration, LayersOnDiskDoNotCountAgainstMemory) {
    good("memory: 64MiB\nlayers: [{layer_name: L3_DATABASE, max_size_bytes: 1GiB}]\n");
}

TEST(GoodConfiguration, WithoutStrategiesEverythingFallsUnderDefault) {
    const Config config = good("");
    ASSERT_EQ(config.strategies.size(), 1u);
    const Strategy& strategy = config.strategies[0];
    EXPECT_EQ(strategy.strategy_name, "default");
    EXPECT_EQ(strategy.cache_key_pattern, "/**");
    EXPECT_EQ(strategy.resource_type, "OTHER");
    EXPECT_EQ(strategy.cache_behavior, CacheBehavior::read_through);
    EXPECT_EQ(strategy.configuration.ttl_mode, TtlMode::origin);
    EXPECT_FALSE(strategy.ttl);
    EXPECT_TRUE(good("strategies: []\n").strategies.empty());
}

TEST(GoodConfiguration, DefaultStrategyUsesTheSlowestActiveLayer) {
    const Config config = good(
        "layers:\n- {layer_name: L2_REDIS, technology: MEMORY, max_size_bytes: 1MiB}\n- {layer_name: L1_APPLICATION, "
        "max_size_bytes: "
        "1MiB}\n"
        "- {layer_name: L3_DATABASE, max_size_bytes: 16MiB, is_active: false}\n");
    ASSERT_EQ(config.strategies.size(), 1u);
    EXPECT_EQ(config.strategies[0].cache_layer, LayerName::l2_redis);
    EXPECT_EQ(config.layers[0].cache_level, 2);
    EXPECT_EQ(config.layers[2].cache_level, 3);
    EXPECT_EQ(config.layers[0].display_name, "L2_REDIS");
}

constexpr const char* everything = R"(
data_dir: /srv/larder
threads: 3
memory: 1GiB
access_log: "off"
resource_types: [INVOICE]
listeners:
  - address: "[::]:8080"
    trusted_proxies: [10.0.0.0/8, 'fd00::/8', 192.0.2.1]
    cache_status_detail: true
admin: {address: off}
upstreams:
  - name: api
    servers: [http://10.0.0.5:3000, "https://[2001:DB8::1]"]
    balance: least_connections
    host: Origin.example:8080
    connect_timeout: 500ms
    first_byte_timeout: 5m
    idle_timeout: 1h
    keepalive_timeout: 0
    max_connections: 10
    queue: 0
    queue_timeout: 1s
    health: {path: '/healthz?full', interval: 7s, timeout: 1s, unhealthy_after: 4, healthy_after: 5}
    max_failures: 0
    ejection_time: 11s
    resolve_interval: 12s
    tls_verify: false
    tls_ca_file: /etc/ca.pem
routes:
  - {host: Api.Example.com, path: /v2/**, upstream: api, strip_prefix: /v2, add_prefix: /%7eapi, upgrade: false,
     request_fields: {set: {X-Env: prod}, remove: [X-Debug]}}
layers:
  - {layer_name: L1_APPLICATION, technology: MEMORY, display_name: Front, description: fast, cache_level: 4,
     max_size_bytes: 512MB, default_ttl_seconds: 5m, eviction_policy: CUSTOM, is_active: true, connection_config: {},
     is_distributed: false, compression_enabled: false, encryption_enabled: false}
strategies:
  - strategy_name: invoices
    resource_type: INVOICE
    cache_key_pattern: api.example.com/v2/{resource_id}?q&page*&!utm_*
    cache_layer: L1_APPLICATION
    ttl_seconds: 600
    cache_behavior: CACHE_ASIDE
    invalidation_strategy: MANUAL
    warming_enabled: false
    enable_compression: false
    enable_encryption: false
    is_active: true
    strategy_configuration:
      ttl_mode: default
      stale_while_revalidate: 30s
      stale_if_error: 3600
      keep: 1d
      store_errors: all
      set_cookie: strip
      cookies: ignore
      request_directives: obey
      key_fields: [Accept-Language]
      key_cookies: [theme]
      max_object_size: 64MiB
      max_variants: 7
      lift: [no-store, authorization]
      cache_status_detail: true
      qualified_directives: true
      vary: {User-Agent: bypass, ACCEPT-language: normalise}
      offered_encodings: [br, GZIP]
      offered_languages: [en, pt-BR]
      range_requests: whole
      no_vary_search: false
      content_methods: [POST, QUERY]
      content_bytes: 1MiB
      canonical_json: true
      early_hints: true
      surrogate_fields: pass
trace_context: pass
limits: {request_fields: 50, minimum_rate: 0, uncacheable_memory: 5, admin_body_bytes: 2MiB, write_timeout: 9s}
)";

TEST(GoodConfiguration, ProcessAndNetworkSettingsAreRead) {
    const Config config = good(everything);
    EXPECT_EQ(config.data_dir, "/srv/larder");
    EXPECT_EQ(config.threads, 3u);
    EXPECT_EQ(config.memory, GiB);
    EXPECT_EQ(config.access_log, "off");
    EXPECT_EQ(config.admin.address, "off");
    ASSERT_EQ(config.listeners.size(), 1u);
    EXPECT_EQ(config.listeners[0].address, "[::]:8080");
    ASSERT_EQ(config.listeners[0].trusted_proxies.size(), 3u);
    EXPECT_EQ(config.listeners[0].trusted_proxies[0].prefix_bits, 104);
    EXPECT_EQ(config.listeners[0].trusted_proxies[0].address[12], 10);
    EXPECT_EQ(config.listeners[0].trusted_proxies[1].prefix_bits, 8);
    EXPECT_EQ(config.listeners[0].trusted_proxies[2].prefix_bits, 128);
    ASSERT_EQ(config.upstreams.size(), 1u);
    const Upstream& upstream = config.upstreams[0];
    EXPECT_EQ(upstream.servers, (std::vector<Server>{{false, "10.0.0.5", 3000}, {true, "2001:db8::1", 443}}));
    EXPECT_EQ(upstream.balance, Balance::least_connections);
    EXPECT_EQ(upstream.host, "origin.example:8080");
    EXPECT_EQ(upstream.connect_timeout, 500ms);
    EXPECT_EQ(upstream.first_byte_timeout, 5min);
    EXPECT_EQ(upstream.idle_timeout, 1h);
    EXPECT_EQ(upstream.keepalive_timeout, 0ms);
    EXPECT_EQ(upstream.max_connections, 10u);
    EXPECT_EQ(upstream.queue, 0u);
    EXPECT_EQ(upstream.queue_timeout, 1s);
    ASSERT_TRUE(upstream.health);
    EXPECT_EQ(upstream.health->path, "/healthz?full");
    EXPECT_EQ(upstream.health->interval, 7s);
    EXPECT_EQ(upstream.health->timeout, 1s);
    EXPECT_EQ(upstream.health->unhealthy_after, 4u);
    EXPECT_EQ(upstream.health->healthy_after, 5u);
    EXPECT_EQ(upstream.max_failures, 0u);
    EXPECT_EQ(upstream.ejection_time, 11s);
    EXPECT_EQ(upstream.resolve_interval, 12s);
    EXPECT_FALSE(upstream.tls_verify);
    EXPECT_EQ(upstream.tls_ca_file, "/etc/ca.pem");
    ASSERT_EQ(config.routes.size(), 1u);
    const Route& route = config.routes[0];
    EXPECT_EQ(route.host, "api.example.com");
    EXPECT_EQ(route.path, "/v2/**");
    EXPECT_EQ(route.strip_prefix, "/v2");
    EXPECT_EQ(route.add_prefix, "/~api");
    EXPECT_FALSE(route.upgrade);
    EXPECT_EQ(route.request_fields.set, (decltype(RequestFields::set){{"X-Env", "prod"}}));
    EXPECT_EQ(route.request_fields.remove, (std::vector<std::string>{"X-Debug"}));
    EXPECT_EQ(config.limits.request_fields, 50u);
    EXPECT_EQ(config.limits.minimum_rate, 0u);
    EXPECT_EQ(config.limits.uncacheable_memory, 5s);
    EXPECT_EQ(config.limits.admin_body_bytes, 2 * MiB);
    EXPECT_EQ(config.limits.write_timeout, 9s);
}

TEST(GoodConfiguration, LayersAndStrategiesAreRead) {
    const Config config = good(everything);
    ASSERT_EQ(config.layers.size(), 1u);
    const Layer& layer = config.layers[0];
    EXPECT_EQ(layer.display_name, "Front");
    EXPECT_EQ(layer.description, "fast");
    EXPECT_EQ(layer.cache_level, 4);
    EXPECT_EQ(layer.max_size_bytes, 512'000'000u);
    EXPECT_EQ(layer.default_ttl_seconds, 300u);
    EXPECT_EQ(layer.eviction_policy, EvictionPolicy::custom);
    ASSERT_EQ(config.strategies.size(), 1u);
    const Strategy& strategy = config.strategies[0];
    EXPECT_EQ(strategy.strategy_name, "invoices");
    EXPECT_EQ(strategy.resource_type, "INVOICE");
    EXPECT_EQ(strategy.cache_key_pattern, "api.example.com/v2/{resource_id}?q&page*&!utm_*");
    EXPECT_EQ(strategy.ttl, 600s);
    EXPECT_EQ(strategy.cache_behavior, CacheBehavior::cache_aside);
    EXPECT_EQ(strategy.invalidation_strategy, InvalidationStrategy::manual);
    const StrategyConfiguration& rules = strategy.configuration;
    EXPECT_EQ(rules.ttl_mode, TtlMode::fallback);
    EXPECT_EQ(rules.stale_while_revalidate, 30s);
    EXPECT_EQ(rules.stale_if_error, 3600s);
    EXPECT_EQ(rules.keep, 24h);
    EXPECT_EQ(rules.set_cookie, SetCookie::strip);
    EXPECT_EQ(rules.cookies, RequestCookies::ignore);
    EXPECT_EQ(rules.request_directives, RequestDirectives::obey);
    EXPECT_EQ(rules.key_fields, (std::vector<std::string>{"Accept-Language"}));
    EXPECT_EQ(rules.key_cookies, (std::vector<std::string>{"theme"}));
    EXPECT_EQ(rules.max_object_size, 64 * MiB);
    EXPECT_EQ(rules.max_variants, 7u);
    EXPECT_EQ(rules.lift, (std::vector<std::string>{"no-store", "authorization"}));
    EXPECT_TRUE(rules.cache_status_detail);
    EXPECT_TRUE(rules.qualified_directives);
    EXPECT_EQ(rules.vary, (std::vector<std::pair<std::string, VaryPolicy>>{
                              {"user-agent", VaryPolicy::bypass}, {"accept-language", VaryPolicy::normalise}}));
    EXPECT_EQ(rules.offered_encodings, (std::vector<std::string>{"br", "gzip"}));
    EXPECT_EQ(rules.offered_languages, (std::vector<std::string>{"en", "pt-br"}));
    EXPECT_EQ(rules.range_requests, RangeRequests::whole);
    EXPECT_FALSE(rules.no_vary_search);
    EXPECT_EQ(rules.content_methods, (std::vector<ContentMethod>{ContentMethod::post, ContentMethod::query}));
    EXPECT_EQ(rules.content_bytes, 1 * MiB);
    EXPECT_TRUE(rules.canonical_json);
    EXPECT_TRUE(rules.early_hints);
    EXPECT_EQ(rules.surrogate_fields, SurrogateFields::pass);
    EXPECT_EQ(rules.store_errors, StoreErrors::all);
    EXPECT_EQ(config.trace_context, TraceContext::pass);
}

TEST(GoodConfiguration, SectionsWithoutContentCountAsAbsent) {
    const Config config = good("limits:\nroutes:\nlayers:\nstrategies:\nadmin:\n");
    EXPECT_EQ(config.layers.size(), 2u);
    EXPECT_EQ(config.strategies.size(), 1u);
}

TEST(GoodConfiguration, AliasesStandForWhatTheyName) {
    const Config config = good(
        "strategies:\n- {strategy_name: a, cache_key_pattern: /a, strategy_configuration: &c {keep: 7s}}\n"
        "- {strategy_name: b, cache_key_pattern: /b, strategy_configuration: *c}\n");
    ASSERT_EQ(config.strategies.size(), 2u);
    EXPECT_EQ(config.strategies[1].configuration.keep, 7s);
}

TEST(GoodConfiguration, WhatIsNotActiveTiesWithNothing) {
    good(
        "strategies:\n- {strategy_name: a, cache_key_pattern: /a}\n"
        "- {strategy_name: b, cache_key_pattern: /a, is_active: false}\n");
    good(
        "layers:\n- {layer_name: L1_APPLICATION, max_size_bytes: 1MiB}\n"
        "- {layer_name: L2_REDIS, technology: MEMORY, cache_level: 1, max_size_bytes: 1MiB, is_active: false}\n");
}

TEST(GoodConfiguration, PatternsThatOnlyOverlapAreNoTie) {
    good(
        "strategies:\n- {strategy_name: a, cache_key_pattern: /a/*}\n- {strategy_name: b, cache_key_pattern: /a/**}\n"
        "- {strategy_name: c, cache_key_pattern: a.example/a/*}\n- {strategy_name: d, cache_key_pattern: /*/a}\n");
}

TEST(GoodConfiguration, AddressesOfDifferentPortsOrHostsDoNotCollide) {
    good(
        "listeners: [{address: '127.0.0.1:80'}, {address: '127.0.0.2:80'}, {address: ':0'}, {address: ':0'}]\n"
        "upstreams: [{name: a, servers: ['http://127.0.0.1:9181', 'http://192.0.2.1:9180']}]\n");
}

template <class S>
std::string written(const std::string& before, const std::string& after) {
    std::string text = before;
    for (const Setting<S>& setting : settings<S>()) {
        const bool has_default = parse_duration(setting.doc.standard) || parse_size(setting.doc.standard) ||
                                 setting.doc.standard == "true" || setting.doc.standard == "false";
        if (has_default) text += setting.doc.name + ": " + setting.doc.standard + ", ";
    }
    return text + after;
}

TEST(GoodConfiguration, DefaultsOfTheReferencePageAreAcceptedAsWritten) {
    const Config config =
        good(written<Limits>("limits: {", "}\n") +
             written<Upstream>("upstreams: [{name: a, servers: ['http://a'], ",
                               written<HealthCheck>("health: {", "path: /}}]\n")) +
             written<StrategyConfiguration>(
                 "strategies: [{strategy_name: a, cache_key_pattern: /a, strategy_configuration: {", "}}]\n"));
    EXPECT_EQ(config.limits.request_body_timeout, Limits{}.request_body_timeout);
    EXPECT_EQ(config.limits.fills_bytes, Limits{}.fills_bytes);
    ASSERT_EQ(config.upstreams.size(), 1u);
    EXPECT_EQ(config.upstreams[0].queue_timeout, Upstream{}.queue_timeout);
    ASSERT_EQ(config.strategies.size(), 1u);
    EXPECT_EQ(config.strategies[0].configuration.keep, StrategyConfiguration{}.keep);
}

TEST(GoodConfiguration, WhatNoLayerHoldsHasAQuarterOfMemoryBesideTheLayers) {
    const struct {
        const char* yaml;
        std::uint64_t expected;
    } cases[] = {
        {"memory: 128MiB\n", 32 * MiB},
        {"memory: 8GiB\n", 256 * MiB},
        {"memory: 128MiB\nlayers: [{layer_name: L1_APPLICATION, max_size_bytes: 112MiB}]\n", 16 * MiB},
        {"memory: 128MiB\nlayers: [{layer_name: L1_APPLICATION, max_size_bytes: 128MiB}]\n", 1 * MiB},
        {"memory: 128MiB\nlimits: {fills_bytes: 5MiB}\n", 5 * MiB},
    };
    for (const auto& c : cases) EXPECT_EQ(good(c.yaml).limits.fills_bytes, c.expected) << c.yaml;
}

}  // namespace
}  // namespace larder::config
