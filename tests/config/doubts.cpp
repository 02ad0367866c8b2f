// What is legal and surely not meant: served, but said.
#include <unistd.h>

#include "tests/config/loading.h"

namespace larder::config {
namespace {

std::vector<Complaint> warnings_of(const std::string& text, const Flags& flags = {}) {
    std::vector<Complaint> warnings;
    const Loaded loaded = load(completed(text), "larder.yaml", flags, &warnings);
    EXPECT_TRUE(std::holds_alternative<Config>(loaded)) << listed(loaded);
    return warnings;
}

std::string text_of(const std::vector<Complaint>& warnings) {
    std::string text;
    for (const Complaint& warning : warnings) text += warning_text(warning) + "\n";
    return text;
}

struct Doubtful {
    const char* id;
    const char* yaml;
    int line;
    const char* field;
    const char* found;
    const char* expected;
};

constexpr Doubtful doubtful[] = {
    {"own-listener", "listeners: [{address: ':8080'}]\nupstreams:\n- name: api\n  servers: ['http://127.0.0.1:8080']\n",
     4, "upstreams[0].servers[0]", "http://127.0.0.1:8080", "each request comes back"},
    {"ttl-without-mode", "strategies:\n- strategy_name: a\n  cache_key_pattern: /**\n  ttl_seconds: 600\n", 4,
     "strategies[0].ttl_seconds", "10m without a ttl_mode", "ttl_mode: default"},
    {"ttl-with-origin",
     "strategies:\n- strategy_name: a\n  cache_key_pattern: /**\n  ttl_seconds: 600\n  strategy_configuration: "
     "{ttl_mode: "
     "origin}\n",
     4, "strategies[0].ttl_seconds", "with ttl_mode: origin", "no effect"},
    {"override-without-ttl",
     "strategies:\n- strategy_name: a\n  cache_key_pattern: /**\n  strategy_configuration:\n    ttl_mode: override\n",
     5, "strategies[0].strategy_configuration.ttl_mode", "override without ttl_seconds", "L1_APPLICATION, 1m"},
    {"host-for-path", "strategies:\n- {strategy_name: a, cache_key_pattern: 'api/items/**'}\n", 2,
     "strategies[0].cache_key_pattern", "the host \"api\"", "\"/api/items/**\""},
    {"route-of-one-path", "routes:\n- {path: /api, upstream: api}\nstrategies: []\n", 2, "routes[0].path",
     "that path alone", "\"/api/**\" too"},
    {"object-larger-than-every-layer",
     "memory: 1GiB\nlayers: [{layer_name: L1_APPLICATION, max_size_bytes: 8MiB}]\nstrategies:\n- strategy_name: a\n  "
     "cache_key_pattern: /**\n  strategy_configuration: {max_object_size: 9MiB}\n",
     6, "strategies[0].strategy_configuration.max_object_size", "9MiB", "at most 8MiB"},
    {"object-larger-than-the-queue",
     "layers: [{layer_name: L3_DATABASE, max_size_bytes: 512MiB, connection_config: {queue_bytes: "
     "8MiB}}]\nstrategies:\n- "
     "strategy_name: a\n  cache_key_pattern: /**\n  cache_layer: L3_DATABASE\n  strategy_configuration: "
     "{max_object_size: "
     "64MiB}\n",
     6, "strategies[0].strategy_configuration.max_object_size", "64MiB", "at most 8MiB"},
    {"object-larger-than-the-fills",
     "memory: 1GiB\nlimits: {fills_bytes: 16MiB}\nlayers: [{layer_name: L1_APPLICATION, max_size_bytes: "
     "512MiB}]\nstrategies:\n- strategy_name: a\n  cache_key_pattern: /**\n  strategy_configuration: {max_object_size: "
     "64MiB}\n",
     7, "strategies[0].strategy_configuration.max_object_size", "64MiB", "limits.fills_bytes, which is 16MiB"},
    {"content-without-a-method",
     "strategies:\n- strategy_name: a\n  cache_key_pattern: /**\n  strategy_configuration: {content_methods: [], "
     "content_bytes: 1KiB}\n",
     4, "strategies[0].strategy_configuration.content_bytes", "1KiB without content_methods", "content_methods"},
    {"content-longer-than-a-request",
     "limits: {request_body_bytes: 1KiB}\nstrategies:\n- strategy_name: a\n  cache_key_pattern: /**\n  "
     "strategy_configuration: {content_bytes: 2KiB}\n",
     5, "strategies[0].strategy_configuration.content_bytes", "2KiB", "413"},
    {"fills-beyond-memory", "memory: 64MiB\nlimits: {fills_bytes: 65MiB}\n", 2, "limits.fills_bytes", "65MiB",
     "memory, which is 64MiB"},
    {"admin-beyond-memory", "memory: 64MiB\nlimits: {admin_body_bytes: 2MiB}\n", 2, "limits.admin_body_bytes",
     "128MiB on all", "memory, which is 64MiB"},
    {"queue-beyond-memory",
     "memory: 64MiB\nlayers: [{layer_name: L3_DATABASE, max_size_bytes: 1GiB, connection_config: {queue_bytes: "
     "65MiB}}]\n",
     2, "layers[0].connection_config.queue_bytes", "65MiB", "what waits is in memory"},
    {"ca-file-that-is-not-there", "upstreams:\n- name: api\n  servers: [https://h]\n  tls_ca_file: /no/such/ca.pem\n",
     4, "upstreams[0].tls_ca_file", "cannot be read here", "PEM"},
    {"ca-file-without-effect",
     "upstreams:\n- name: api\n  servers: [https://h]\n  tls_verify: false\n  tls_ca_file: /no/such/ca.pem\n", 5,
     "upstreams[0].tls_ca_file", "tls_verify: false", "tls_verify: true"},
};

TEST(Doubts, TheFlagThatCausesOneIsNamed) {
    Flags flags;
    flags.listen = {":8080"};
    flags.upstream = {"http://localhost:8080"};
    const auto warnings = warnings_of("", flags);
    ASSERT_EQ(warnings.size(), 1u) << text_of(warnings);
    EXPECT_EQ(warnings[0].field, "--upstream");
    EXPECT_NE(warnings[0].expected.find("each request comes back"), std::string::npos);
}

TEST(Doubts, AreSaidWithPlaceAndCure) {
    for (const Doubtful& one : doubtful) {
        SCOPED_TRACE(one.id);
        const auto warnings = warnings_of(one.yaml);
        ASSERT_EQ(warnings.size(), 1u) << text_of(warnings);
        EXPECT_EQ(warnings[0].line, one.line) << text_of(warnings);
        EXPECT_EQ(warnings[0].field, one.field);
        EXPECT_NE(warnings[0].found.find(one.found), std::string::npos) << text_of(warnings);
        EXPECT_NE(warnings[0].expected.find(one.expected), std::string::npos) << text_of(warnings);
    }
}

constexpr const char* sound[] = {
    "",
    "strategies: [{strategy_name: a, cache_key_pattern: /**, ttl_seconds: 600, strategy_configuration: {ttl_mode: "
    "cap}}]\n",
    "strategies: [{strategy_name: a, cache_key_pattern: /**, is_active: false, ttl_seconds: 600}]\n",
    "strategies: [{strategy_name: a, cache_key_pattern: 'api.example.com/**'}]\n",
    "strategies: [{strategy_name: a, cache_key_pattern: 'localhost/**'}]\n",
    "strategies: [{strategy_name: a, cache_key_pattern: 'api/**'}]\nroutes: [{host: api, upstream: api}]\n",
    "strategies: []\nroutes: [{path: /api, upstream: api}, {path: /**, upstream: api}]\n",
    "strategies: []\nroutes: [{path: /favicon.ico, upstream: api}]\n",
    "memory: 1GiB\nlayers: [{layer_name: L1_APPLICATION, max_size_bytes: 8MiB}, {layer_name: L3_DATABASE, "
    "max_size_bytes: "
    "1GiB}]\nstrategies: [{strategy_name: a, cache_key_pattern: /**, cache_layer: L3_DATABASE, strategy_configuration: "
    "{max_object_size: 64MiB}}]\n",
    "upstreams: [{name: api, servers: ['https://h'], tls_ca_file: /etc/hostname}]\n",
};

TEST(Doubts, AreNotRaisedByWhatIsMeant) {
    for (const char* text : sound) {
        SCOPED_TRACE(text);
        const auto warnings = warnings_of(text);
        EXPECT_TRUE(warnings.empty()) << text_of(warnings);
    }
}

TEST(Doubts, AreLinesLikeComplaints) {
    EXPECT_EQ(warning_text({"f.yaml", 3, 5, "a.b", "x", "y: z"}), "f.yaml:3:5: warning: a.b: found x; expected y: z");
}

TEST(Doubts, AreNotMadeOfAFileWithComplaints) {
    std::vector<Complaint> warnings;
    load("strategies: [{strategy_name: a, cache_key_pattern: /**, ttl_seconds: 600}]\nthreads: x\n", "f.yaml", {},
         &warnings);
    EXPECT_TRUE(warnings.empty());
}

}  // namespace
}  // namespace larder::config
