// Wrong configurations: each is refused with one complaint that names the place and the cure.
#include "tests/config/loading.h"

namespace larder::config {
namespace {

struct Wrong {
    const char* id;
    const char* yaml;
    int line;
    int column;
    const char* field;
    const char* found;     // a part of what is said to stand there
    const char* expected;  // a part of the cure
};

void expect_refused(const Wrong& wrong) {
    SCOPED_TRACE(wrong.id);
    const Loaded loaded = load(completed(wrong.yaml), "larder.yaml", {});
    const auto complaints = bad(loaded);
    ASSERT_EQ(complaints.size(), 1u) << listed(loaded);
    const Complaint& complaint = complaints[0];
    EXPECT_EQ(complaint.file, "larder.yaml");
    EXPECT_EQ(complaint.line, wrong.line) << to_string(complaint);
    EXPECT_EQ(complaint.column, wrong.column) << to_string(complaint);
    EXPECT_EQ(complaint.field, wrong.field);
    EXPECT_NE(complaint.found.find(wrong.found), std::string::npos) << to_string(complaint);
    EXPECT_NE(complaint.expected.find(wrong.expected), std::string::npos) << to_string(complaint);
}

constexpr Wrong form[] = {
    {"open-list", "threads: 1\nlimits: [a, b\n", 3, 10, "", "syntax error", "brackets"},
    {"bad-indentation", "admin:\n  address: off\n threads: 2\n", 3, 2, "", "syntax error", "indentation"},
    {"tab", "admin:\n\taddress: off\n", 2, 9, "", "syntax error", "YAML"},
    {"unclosed-quote", "data_dir: \"/var\n", 3, 58, "", "syntax error", "quotes"},
    {"unknown-alias", "data_dir: *nothing\n", 1, 11, "", "syntax error", "YAML"},
    {"alias-of-itself", "routes: &a [*a]\n", 1, 13, "", "an alias inside what it names", "no such circle"},
    {"second-document", "threads: 1\n---\nthreads: 2\n", 2, 1, "", "a second document", "one document"},
    {"top-is-list", "- threads: 1\n", 2, 1, "", "a second document", "mend the indentation"},
    {"tag", "data_dir: !!binary aGVsbG8=\n", 1, 11, "", "the tag", "without a tag"},
    {"key-is-list", "[a, b]: 1\n", 1, 1, "", "a list as a key", "a name"},
    {"key-twice", "threads: 1\nthreads: 2\n", 2, 1, "threads", "a second \"threads\"", "line 1"},
    {"nested-key-twice", "admin: {address: off, address: off}\n", 1, 23, "admin.address", "a second", "remove one"},
    {"unknown-at-top", "thread: 1\n", 1, 1, "thread", "the unknown setting \"thread\"", "did you mean \"threads\"?"},
    {"unknown-far-off", "admin: {zzzzzz: 1}\n", 1, 9, "admin.zzzzzz", "unknown setting", "one of address"},
    {"unknown-in-upstream", "upstreams:\n  - name: a\n    servers: [http://a]\n    conect_timeout: 1s\n", 4, 5,
     "upstreams[0].conect_timeout", "unknown", "did you mean \"connect_timeout\"?"},
    {"unknown-in-configuration",
     "strategies:\n- strategy_name: a\n  cache_key_pattern: /**\n  strategy_configuration:\n    ttlmode: cap\n", 5, 5,
     "strategies[0].strategy_configuration.ttlmode", "unknown", "did you mean \"ttl_mode\"?"},
    {"merge-key", "limits:\n  <<: {connections: 1}\n", 2, 3, "limits.<<", "unknown", "merge keys"},
    {"not-configuration", "layers: [{layer_name: L1_APPLICATION, max_size_bytes: 1MiB, created_by: me}]\n", 1, 61,
     "layers[0].created_by", "unknown", "one of"},
};

TEST(WrongConfiguration, FormIsRefusedWithPlaceAndCure) {
    for (const Wrong& wrong : form) expect_refused(wrong);
}

constexpr Wrong values[] = {
    {"threads-text", "threads: many\n", 1, 10, "threads", "\"many\"", "a whole number from 0 to 1024"},
    {"threads-quoted", "threads: \"4\"\n", 1, 10, "threads", "\"4\"", "a whole number"},
    {"threads-negative", "threads: -1\n", 1, 10, "threads", "\"-1\"", "from 0 to 1024"},
    {"threads-many", "threads: 1025\n", 1, 10, "threads", "\"1025\"", "from 0 to 1024"},
    {"threads-list", "threads: [1]\n", 1, 10, "threads", "a list", "a whole number"},
    {"threads-null", "threads:\n", 1, 1, "threads", "nothing", "a whole number"},
    {"memory-unit", "memory: 2Gi\n", 1, 9, "memory", "\"2Gi\"", "512MiB"},
    {"memory-small", "memory: 1MiB\n", 1, 9, "memory", "\"1MiB\"", "a size from 16MiB"},
    {"memory-overflow", "memory: 99999999999999999999\n", 1, 9, "memory", "\"9999", "a size"},
    {"data-dir-empty", "data_dir: ''\n", 1, 11, "data_dir", "\"\"", "text of 1 to 4096 characters"},
    {"data-dir-control", "data_dir: \"a\\nb\"\n", 1, 11, "data_dir", "\"a\\x0Ab\"", "on one line"},
    {"admin-text", "admin: 127.0.0.1:9180\n", 1, 8, "admin", "\"127.0.0.1:9180\"", "a mapping"},
    {"admin-address", "admin: {address: localhost}\n", 1, 18, "admin.address", "\"localhost\"", "HOST:PORT"},
    {"listener-no-address", "listeners:\n  - trusted_proxies: []\n", 2, 5, "listeners[0].address", "nothing",
     "required"},
    {"listener-port", "listeners: [{address: '0.0.0.0:65536'}]\n", 1, 23, "listeners[0].address", "65536", "HOST:PORT"},
    {"listener-bare-ipv6", "listeners: [{address: '::1:80'}]\n", 1, 23, "listeners[0].address", "::1:80",
     "[IPv6]:PORT"},
    {"cidr-name", "listeners: [{address: ':80', trusted_proxies: [lan]}]\n", 1, 48, "listeners[0].trusted_proxies[0]",
     "\"lan\"", "10.0.0.0/8"},
    {"cidr-bits", "listeners: [{address: ':80', trusted_proxies: [10.0.0.0/33]}]\n", 1, 48,
     "listeners[0].trusted_proxies[0]", "/33", "address range"},
    {"cidr-host-bits", "listeners: [{address: ':80', trusted_proxies: [10.0.0.1/8]}]\n", 1, 48,
     "listeners[0].trusted_proxies[0]", "10.0.0.1/8", "without bits behind the prefix"},
    {"listener-bool", "listeners: [{address: ':80', cache_status_detail: yes}]\n", 1, 51,
     "listeners[0].cache_status_detail", "\"yes\"", "true or false"},
    {"server-scheme", "upstreams: [{name: a, servers: ['ftp://a']}]\n", 1, 33, "upstreams[0].servers[0]", "ftp",
     "http://HOST"},
    {"server-path", "upstreams: [{name: a, servers: ['http://a/api']}]\n", 1, 33, "upstreams[0].servers[0]", "/api",
     "without user, path"},
    {"server-user", "upstreams: [{name: a, servers: ['http://u:p@a']}]\n", 1, 33, "upstreams[0].servers[0]", "u:p@",
     "without user"},
    {"server-query", "upstreams: [{name: a, servers: ['http://a?x']}]\n", 1, 33, "upstreams[0].servers[0]", "?x",
     "and query"},
    {"server-port", "upstreams: [{name: a, servers: ['http://a:0']}]\n", 1, 33, "upstreams[0].servers[0]", ":0",
     "[:PORT]"},
    {"server-twice", "upstreams: [{name: a, servers: ['http://a', 'http://A:80']}]\n", 1, 45, "upstreams[0].servers[1]",
     "a second", "remove it"},
    {"servers-none", "upstreams: [{name: a, servers: []}]\n", 1, 32, "upstreams[0].servers", "an empty list",
     "at least 1"},
    {"servers-missing", "upstreams: [{name: a}]\n", 1, 13, "upstreams[0].servers", "nothing", "it is required"},
    {"servers-text", "upstreams: [{name: a, servers: 'http://a'}]\n", 1, 32, "upstreams[0].servers", "\"http://a\"",
     "a list"},
    {"balance", "upstreams: [{name: a, servers: ['http://a'], balance: roundrobin}]\n", 1, 55, "upstreams[0].balance",
     "\"roundrobin\"", "did you mean \"round_robin\"?"},
    {"upstream-host", "upstreams: [{name: a, servers: ['http://a'], host: 'a b'}]\n", 1, 52, "upstreams[0].host",
     "\"a b\"", "preserve, upstream"},
    {"duration-no-unit", "upstreams: [{name: a, servers: ['http://a'], connect_timeout: 2}]\n", 1, 63,
     "upstreams[0].connect_timeout", "\"2\"", "a duration with unit"},
    {"duration-unit", "upstreams: [{name: a, servers: ['http://a'], connect_timeout: 2sec}]\n", 1, 63,
     "upstreams[0].connect_timeout", "\"2sec\"", "500ms"},
    {"duration-zero", "upstreams: [{name: a, servers: ['http://a'], connect_timeout: 0}]\n", 1, 63,
     "upstreams[0].connect_timeout", "\"0\"", "from 1ms"},
    {"health-no-path", "upstreams: [{name: a, servers: ['http://a'], health: {interval: 1s}}]\n", 1, 54,
     "upstreams[0].health.path", "nothing", "begins with /"},
    {"route-no-upstream", "routes:\n  - {path: /a/**}\n", 2, 5, "routes[0].upstream", "nothing", "required"},
    {"route-host", "routes: [{host: 'a:80', upstream: api}]\n", 1, 17, "routes[0].host", "a:80", "without port"},
    {"route-query", "routes: [{path: '/a?q', upstream: api}]\n", 1, 17, "routes[0].path", "/a?q",
     "query stand elsewhere"},
    {"route-prefix", "routes: [{path: /a/**, strip_prefix: /a/, upstream: api}]\n", 1, 38, "routes[0].strip_prefix",
     "/a/", "without / at its end"},
    {"route-field-name", "routes: [{upstream: api, request_fields: {remove: ['X Y']}}]\n", 1, 52,
     "routes[0].request_fields.remove[0]", "X Y", "a field name"},
    {"route-framing", "routes: [{upstream: api, request_fields: {set: {Content-Length: 5}}}]\n", 1, 49,
     "routes[0].request_fields.set.Content-Length", "Content-Length", "end-to-end field"},
    {"route-field-value", "routes: [{upstream: api, request_fields: {set: {X-A: \"a\\r\\nb\"}}}]\n", 1, 54,
     "routes[0].request_fields.set.X-A", "a\\x0D\\x0Ab", "on one line"},
    {"limits-range", "limits:\n  request_fields: 5\n", 2, 19, "limits.request_fields", "\"5\"", "from 10"},
    {"limits-unit", "limits: {admin_body_bytes: 1M}\n", 1, 28, "limits.admin_body_bytes", "\"1M\"", "a size"},
    {"limits-duration", "limits: {shutdown_grace: 1y}\n", 1, 26, "limits.shutdown_grace", "\"1y\"", "a duration"},
    {"resource-type-form", "resource_types: [workout plan]\n", 1, 18, "resource_types[0]", "workout plan", "A-Z"},
};

TEST(WrongConfiguration, ValuesAreRefusedWithPlaceAndCure) {
    for (const Wrong& wrong : values) expect_refused(wrong);
}

// Written in one line behind this, as far as the case goes.
#define LAYER "layers: [{layer_name: L1_APPLICATION, "
#define STRATEGY "strategies: [{strategy_name: a, cache_key_pattern: "

constexpr Wrong cache[] = {
    {"layer-no-size", LAYER "cache_level: 1}]\n", 1, 10, "layers[0].max_size_bytes", "nothing", "it is required"},
    {"layer-no-name", "layers: [{max_size_bytes: 1MiB}]\n", 1, 10, "layers[0].layer_name", "nothing", "L1_APPLICATION"},
    {"layer-size-zero", LAYER "max_size_bytes: 0}]\n", 1, 55, "layers[0].max_size_bytes", "\"0\"", "a size from 1MiB"},
    {"layer-level-0", LAYER "max_size_bytes: 1MiB, cache_level: 0}]\n", 1, 74, "layers[0].cache_level", "\"0\"",
     "1 to 10"},
    {"layer-level-11", LAYER "max_size_bytes: 1MiB, cache_level: 11}]\n", 1, 74, "layers[0].cache_level", "\"11\"",
     "1 to 10"},
    {"layer-ttl-zero", LAYER "max_size_bytes: 1MiB, default_ttl_seconds: 0}]\n", 1, 82, "layers[0].default_ttl_seconds",
     "\"0\"", "from 1s"},
    {"layer-eviction", LAYER "max_size_bytes: 1MiB, eviction_policy: LRUU}]\n", 1, 78, "layers[0].eviction_policy",
     "LRUU", "did you mean \"LRU\"?"},
    {"layer-redis", LAYER "max_size_bytes: 1MiB, technology: REDIS}]\n", 1, 73, "layers[0].technology", "REDIS",
     "REDIS is not available in this version; use MEMORY"},
    {"layer-technology", LAYER "max_size_bytes: 1MiB, technology: RAM}]\n", 1, 73, "layers[0].technology", "RAM",
     "MEMORY"},
    {"layer-compressed", LAYER "max_size_bytes: 1MiB, compression_enabled: true}]\n", 1, 82,
     "layers[0].compression_enabled", "true", "compression is not available in this version"},
    {"layer-encrypted", LAYER "max_size_bytes: 1MiB, encryption_enabled: true}]\n", 1, 81,
     "layers[0].encryption_enabled", "true", "encryption is not available in this version"},
    {"layer-distributed", LAYER "max_size_bytes: 1MiB, is_distributed: true}]\n", 1, 77, "layers[0].is_distributed",
     "true", "false"},
    {"layer-connection", LAYER "max_size_bytes: 1MiB, connection_config: {path: x}}]\n", 1, 80,
     "layers[0].connection_config", "a mapping", "MEMORY has nothing to connect to"},
    {"encryption", "encryption: {current: k}\n", 1, 13, "encryption", "a mapping", "not available in this version"},
    {"strategy-no-name", "strategies: [{cache_key_pattern: /**}]\n", 1, 14, "strategies[0].strategy_name", "nothing",
     "required"},
    {"strategy-no-pattern", "strategies: [{strategy_name: a}]\n", 1, 14, "strategies[0].cache_key_pattern", "nothing",
     "required"},
    {"strategy-ttl-zero", STRATEGY "/**, ttl_seconds: 0}]\n", 1, 70, "strategies[0].ttl_seconds", "\"0\"", "from 1s"},
    {"strategy-ttl-parts", STRATEGY "/**, ttl_seconds: 1500ms}]\n", 1, 70, "strategies[0].ttl_seconds", "1500ms",
     "whole seconds"},
    {"strategy-behind", STRATEGY "/**, cache_behavior: WRITE_BEHIND}]\n", 1, 73, "strategies[0].cache_behavior",
     "WRITE_BEHIND", "not available in this version; use READ_THROUGH or CACHE_ASIDE"},
    {"strategy-events", STRATEGY "/**, invalidation_strategy: EVENT_DRIVEN}]\n", 1, 80,
     "strategies[0].invalidation_strategy", "EVENT_DRIVEN", "use TTL or MANUAL"},
    {"strategy-warming", STRATEGY "/**, warming_enabled: true}]\n", 1, 74, "strategies[0].warming_enabled", "true",
     "warming"},
    {"strategy-warming-list", STRATEGY "/**, warming_strategy: {urls: [/a]}}]\n", 1, 75,
     "strategies[0].warming_strategy", "a mapping", "not available in this version"},
    {"strategy-rules", STRATEGY "/**, invalidation_rules: {}}]\n", 1, 77, "strategies[0].invalidation_rules",
     "an empty mapping", "remove it"},
    {"strategy-compression", STRATEGY "/**, enable_compression: true}]\n", 1, 77, "strategies[0].enable_compression",
     "true", "not available"},
    {"strategy-encryption", STRATEGY "/**, enable_encryption: true}]\n", 1, 76, "strategies[0].enable_encryption",
     "true", "not available"},
    {"ttl-mode", STRATEGY "/**, strategy_configuration: {ttl_mode: fallback}}]\n", 1, 92,
     "strategies[0].strategy_configuration.ttl_mode", "fallback", "one of origin, default, cap, override"},
    {"key-field", STRATEGY "/**, strategy_configuration: {key_fields: ['a b']}}]\n", 1, 95,
     "strategies[0].strategy_configuration.key_fields[0]", "a b", "a field name"},
    {"key-field-twice", STRATEGY "/**, strategy_configuration: {key_fields: [X-A, x-a]}}]\n", 1, 100,
     "strategies[0].strategy_configuration.key_fields[1]", "a second \"x-a\"", "each once"},
    {"lift", STRATEGY "/**, strategy_configuration: {lift: [no-cache]}}]\n", 1, 89,
     "strategies[0].strategy_configuration.lift[0]", "no-cache", "no-store, private or authorization"},
    {"variants", STRATEGY "/**, strategy_configuration: {max_variants: 0}}]\n", 1, 96,
     "strategies[0].strategy_configuration.max_variants", "\"0\"", "from 1 to 1024"},
    {"pattern-no-slash", STRATEGY "workouts}]\n", 1, 52, "strategies[0].cache_key_pattern", "workouts",
     "begins with /"},
    {"pattern-rest-inside", STRATEGY "/a/**/b}]\n", 1, 55, "strategies[0].cache_key_pattern", "** before the end",
     "only at the end"},
    {"pattern-part-star", STRATEGY "/api/a*b}]\n", 1, 58, "strategies[0].cache_key_pattern", "a*b", "a whole segment"},
    {"pattern-open-brace", STRATEGY "'/a/{id'}]\n", 1, 56, "strategies[0].cache_key_pattern", "{id", "{name}"},
    {"pattern-name-twice", STRATEGY "'/{a}/{a}'}]\n", 1, 58, "strategies[0].cache_key_pattern", "a second",
     "each name once"},
    {"pattern-dots", STRATEGY "/a/%2e%2e/b}]\n", 1, 55, "strategies[0].cache_key_pattern", "%2e%2e", "never matches"},
    {"pattern-space", STRATEGY "/a b}]\n", 1, 54, "strategies[0].cache_key_pattern", "\" \"", "% and two digits"},
    {"pattern-percent", STRATEGY "/a%2x}]\n", 1, 54, "strategies[0].cache_key_pattern", "%2x", "hexadecimal"},
    {"pattern-query", STRATEGY "'/a?'}]\n", 1, 56, "strategies[0].cache_key_pattern", "no parameter", "?!*"},
    {"pattern-port", STRATEGY "'a:80/x'}]\n", 1, 53, "strategies[0].cache_key_pattern", "a:80",
     "without scheme and port"},
};

TEST(WrongConfiguration, LayersAndStrategiesAreRefusedWithPlaceAndCure) {
    for (const Wrong& wrong : cache) expect_refused(wrong);
}

constexpr Wrong relations[] = {
    {"no-listener", "listeners: []\n", 1, 12, "listeners", "no listener", "add listeners or --listen"},
    {"no-upstream", "upstreams: []\n", 1, 12, "upstreams", "no upstream", "add upstreams or --upstream"},
    {"listener-twice", "listeners: [{address: 'a:80'}, {address: 'A:80'}]\n", 1, 42, "listeners[1].address", "a:80",
     "takes it already"},
    {"listener-any", "listeners: [{address: ':80'}, {address: '127.0.0.1:80'}]\n", 1, 41, "listeners[1].address",
     "127.0.0.1:80", "\":80\" takes it"},
    {"listener-is-admin", "listeners: [{address: ':9180'}]\n", 1, 23, "listeners[0].address", ":9180",
     "admin endpoint"},
    {"upstream-is-admin", "upstreams: [{name: a, servers: ['http://localhost:9180']}]\n", 1, 33,
     "upstreams[0].servers[0]", "http://localhost:9180", "clients would reach it"},
    {"upstream-twice", "upstreams:\n- {name: a, servers: ['http://a']}\n- {name: a, servers: ['http://b']}\n", 3, 10,
     "upstreams[1].name", "a second \"a\"", "line 2"},
    {"route-upstream", "routes: [{upstream: apii}]\n", 1, 21, "routes[0].upstream", "\"apii\"",
     "did you mean \"api\"?"},
    {"route-twice", "routes:\n- {path: '/a/{x}', upstream: api}\n- {path: /a/*, upstream: api}\n", 3, 3, "routes[1]",
     "/a/*", "line 2"},
    {"route-strips-other", "routes: [{path: /v2x/**, strip_prefix: /v2, upstream: api}]\n", 1, 40,
     "routes[0].strip_prefix", "/v2", "a beginning of the route's path"},
    {"request-line", "limits: {request_head_bytes: 4KiB}\n", 1, 9, "limits.request_line_bytes", "8KiB", "4KiB"},
    {"layer-twice",
     "layers:\n- {layer_name: L2_REDIS, technology: MEMORY, cache_level: 1, max_size_bytes: 1MiB}\n- {layer_name: L2_REDIS, technology: MEMORY, cache_level: "
     "2, "
     "max_size_bytes: 1MiB}\n",
     3, 16, "layers[1].layer_name", "L2_REDIS", "line 2"},
    {"level-twice",
     "layers:\n- {layer_name: L1_APPLICATION, max_size_bytes: 1MiB}\n- {layer_name: L2_REDIS, technology: MEMORY, cache_level: 1, "
     "max_size_bytes: 1MiB}\n",
     3, 59, "layers[1].cache_level", "1", "L1_APPLICATION in line 2"},
    {"more-than-memory", "memory: 64MiB\n" LAYER "max_size_bytes: 65MiB}]\n", 2, 9, "layers", "65MiB", "64MiB"},
    {"strategy-layer", STRATEGY "/**, cache_layer: L4_CDN}]\n", 1, 70, "strategies[0].cache_layer", "not there",
     "L1_APPLICATION"},
    {"strategy-dead-layer",
     "layers:\n- {layer_name: L1_APPLICATION, max_size_bytes: 1MiB}\n- {layer_name: L2_REDIS, technology: MEMORY, max_size_bytes: 1MiB, "
     "is_active: false}\n" STRATEGY "/**, cache_layer: L2_REDIS}]\n",
     4, 70, "strategies[0].cache_layer", "not active", "L1_APPLICATION"},
    {"strategy-type", STRATEGY "/**, resource_type: WORKOUTS}]\n", 1, 72, "strategies[0].resource_type", "WORKOUTS",
     "did you mean \"WORKOUT\"?"},
    {"type-built-in", "resource_types: [MEDIA]\n", 1, 18, "resource_types[0]", "MEDIA", "remove it"},
    {"strategy-twice",
     "strategies:\n- {strategy_name: a, cache_key_pattern: /a}\n- {strategy_name: a, cache_key_pattern: /b}\n", 3, 19,
     "strategies[1].strategy_name", "a second \"a\"", "line 2"},
    {"tie-placeholders",
     "strategies:\n- {strategy_name: a, cache_key_pattern: '/w/{id}'}\n- {strategy_name: b, cache_key_pattern: "
     "'/w/*'}\n",
     3, 41, "strategies[1].cache_key_pattern", "/w/*", "\"/w/{id}\" of \"a\" in line 2"},
    {"tie-spellings",
     "strategies:\n- {strategy_name: a, cache_key_pattern: 'Api.example/~a/%2f'}\n- {strategy_name: b, "
     "cache_key_pattern: "
     "'api.example/%7ea/%2F?q'}\n",
     3, 41, "strategies[1].cache_key_pattern", "%7ea", "ties with it"},
    {"unreachable-rest",
     "strategies:\n- {strategy_name: a, cache_key_pattern: /a/*}\n- {strategy_name: b, cache_key_pattern: /a/*/**}\n- "
     "{strategy_name: c, cache_key_pattern: /a/**}\n",
     4, 41, "strategies[2].cache_key_pattern", "/a/**", "more specific ones select all"},
    {"unreachable-host", "routes: [{host: '*.example.com', upstream: api}]\n" STRATEGY "www.example.org/**}]\n", 2, 52,
     "strategies[0].cache_key_pattern", "www.example.org", "no route has such requests"},
    {"unreachable-path", "routes: [{path: /v1/**, upstream: api}]\n" STRATEGY "/v2/*}]\n", 2, 52,
     "strategies[0].cache_key_pattern", "/v2/*", "add a route or change the pattern"},
};

TEST(WrongConfiguration, RelationsAreRefusedWithPlaceAndCure) {
    for (const Wrong& wrong : relations) expect_refused(wrong);
}

}  // namespace
}  // namespace larder::config
