// What the operator says, as plain structs. Every member's default stands here; its unit, range and consequence stand
// in settings_*.cpp, from which the reader, its error texts and the reference page are made.
//
// A Config is read once, checked, and then never changes: share it as shared_ptr<const Config> between any threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace larder::config {

using std::chrono::milliseconds;
using std::chrono::seconds;
using namespace std::chrono_literals;

inline constexpr std::uint64_t KiB = 1024, MiB = 1024 * KiB, GiB = 1024 * MiB;

// An address range such as 10.0.0.0/8 or fd00::/8. IPv4 is kept as an IPv4-mapped IPv6 address.
struct Cidr {
    unsigned char address[16] = {};
    int prefix_bits = 128;
    bool operator==(const Cidr&) const = default;
};

// How a trusted proxy names its client. The other family could be the client's own words, passed on.
enum class ForwardedFamily { x_forwarded, forwarded, both };  // written x-forwarded | forwarded | both

struct Listener {
    std::string address;                                       // HOST:PORT, [IPv6]:PORT or :PORT
    std::vector<Cidr> trusted_proxies;                         // whose Forwarded / X-Forwarded-* are believed
    ForwardedFamily forwarded = ForwardedFamily::x_forwarded;  // which of these they are believed in
    bool cache_status_detail = false;                          // put key and detail into Cache-Status
    bool operator==(const Listener&) const = default;
};

struct Admin {
    std::string address = "127.0.0.1:9180";  // "off": no admin listener
    bool operator==(const Admin&) const = default;
};

enum class Balance { round_robin, least_connections };

struct HealthCheck {
    std::string path;
    milliseconds interval = 5s;
    milliseconds timeout = 2s;
    unsigned unhealthy_after = 3;  // failures in a row
    unsigned healthy_after = 2;    // successes in a row
    bool operator==(const HealthCheck&) const = default;
};

// One origin server: scheme://host[:port].
struct Server {
    bool tls = false;
    std::string host;  // a name or a literal address, without brackets
    std::uint16_t port = 80;
    bool operator==(const Server&) const = default;
};

struct Upstream {
    std::string name;
    std::vector<Server> servers;
    Balance balance = Balance::round_robin;
    std::string host = "preserve";  // "preserve": the client's; "upstream": the server's; else this name
    milliseconds connect_timeout = 2s;
    milliseconds first_byte_timeout = 30s;
    milliseconds idle_timeout = 60s;       // between two pieces of a body
    milliseconds keepalive_timeout = 30s;  // an unused connection is closed after it
    unsigned max_connections = 256;        // per server
    unsigned queue = 1024;                 // requests that may wait for a connection, per server
    milliseconds queue_timeout = 10s;
    unsigned max_uploads = 0;             // of max_connections, for long request bodies; 0: half
    unsigned max_uploads_per_client = 0;  // of these, for one address; 0: half
    unsigned max_tunnels = 256;           // per server, beside max_connections: what an Upgrade has become
    std::optional<HealthCheck> health;
    unsigned max_failures = 3;  // connection failures in a row that eject a server; 0: never
    milliseconds ejection_time = 10s;
    milliseconds resolve_interval = 30s;  // names are resolved again after it
    bool tls_verify = true;
    std::string tls_ca_file;  // empty: the system's
    bool operator==(const Upstream&) const = default;
};

struct RequestFields {
    std::vector<std::pair<std::string, std::string>> set;
    std::vector<std::string> remove;
    bool operator==(const RequestFields&) const = default;
};

struct Route {
    std::string host;          // empty: any; "*.example.com": any name below it
    std::string path = "/**";  // /a/b exactly, /a/* one segment, /a/** all below
    std::string upstream;
    std::string strip_prefix;
    std::string add_prefix;
    bool upgrade = true;  // Upgrade (WebSocket) may pass
    RequestFields request_fields;
    bool operator==(const Route&) const = default;
};

enum class LayerName { l1_application, l2_redis, l3_database, l4_cdn, l5_external };
enum class Technology { memory, redis, memcached, database, cdn, file_system };
enum class EvictionPolicy { lru, lfu, fifo, ttl, random, custom };

// connection_config of FILE_SYSTEM.
struct FileSystem {
    std::string path = "objects";          // a directory of its own; relative to data_dir
    unsigned readers = 4;                  // threads that read
    std::uint64_t queue_bytes = 64 * MiB;  // objects that wait to be written; what exceeds it is not stored there
    milliseconds lookup_timeout = 1s;      // for the answer to a lookup; then the request goes on without the layer
    milliseconds timeout = 10s;  // for what is not to be gone without: bodies, erasures, pages of the registry
    bool operator==(const FileSystem&) const = default;
};

struct Layer {
    LayerName layer_name = LayerName::l1_application;
    Technology technology = Technology::memory;
    std::string display_name;
    std::string description;
    int cache_level = 1;
    std::uint64_t max_size_bytes = 0;
    std::uint32_t default_ttl_seconds = 60;
    EvictionPolicy eviction_policy = EvictionPolicy::lru;
    FileSystem file_system;  // of FILE_SYSTEM; else as it stands here
    bool is_active = true;
    bool operator==(const Layer&) const = default;
};

enum class CacheBehavior { read_through, cache_aside, write_through, write_behind, refresh_ahead };
enum class InvalidationStrategy { ttl, event_driven, manual, dependency_based, pattern_based };
enum class TtlMode { origin, fallback, cap, override_origin };  // written origin | default | cap | override
enum class SetCookie { bypass, strip, store };
enum class RequestDirectives {
    safe,    // those that cannot force a request to the origin: only-if-cached, max-stale, no-store
    obey,    // all of RFC 9111 section 5.2.1
    ignore,  // none
};
enum class RequestCookies {
    bypass,  // a request with Cookie is stored only if the response says public or s-maxage
    ignore,  // Cookie has no influence and is not forwarded
    store,   // Cookie has no influence, and is forwarded: what the origin makes of one client's reaches others
};

enum class VaryPolicy {
    normalise,  // values that mean the same are the same
    pass,       // values are compared as they are
    bypass,     // a response that varies by it is not stored
};
enum class RangeRequests {
    part,   // the origin is asked for the range, and what comes is kept in memory and combined
    whole,  // the origin is asked for all of it
    pass,   // the origin is asked for the range, and nothing is stored
};
enum class ContentMethod { query, post };  // written QUERY | POST
enum class SurrogateFields { strip, pass };
enum class TraceContext { make, pass };
enum class StoreErrors { safe, all };
enum class UnkeyedFields { pass, drop };
enum class StorePost { off, representation };
enum class UnderscoreFields { drop, pass };

struct StrategyConfiguration {
    TtlMode ttl_mode = TtlMode::origin;
    std::optional<seconds> stale_while_revalidate;  // when the origin names none
    std::optional<seconds> stale_if_error = 1h;     // when the origin names none
    seconds keep = 1h;                              // past freshness, for an object with a validator
    seconds error_ttl_max = 60s;                    // use of a stored 4xx or 5xx, stale or not, whoever names it
    // `safe`: not those that say what was wrong with one request: 400, 408, 413, 414, 415, 421, 425, 501.
    StoreErrors store_errors = StoreErrors::safe;
    SetCookie set_cookie = SetCookie::bypass;
    RequestCookies cookies = RequestCookies::bypass;
    RequestDirectives request_directives = RequestDirectives::safe;
    std::vector<std::string> key_fields;   // request fields in the key
    std::vector<std::string> key_cookies;  // cookies in the key
    std::uint64_t max_object_size = 16 * MiB;
    unsigned max_variants = 64;
    std::vector<std::string> lift;  // of "no-store", "private", "authorization": not obeyed
    bool cache_status_detail = false;
    bool qualified_directives = false;  // no-cache="f" and private="f" concern only field f
    // Fields that stand in the place of Cache-Control (RFC 9213), the first that is there and valid.
    std::vector<std::string> cache_control_targets = {"Larder-Cache-Control", "CDN-Cache-Control", "Surrogate-Control"};
    // By lower-case field name; one that is not named is passed, Accept-Encoding and Accept-Language normalised.
    std::vector<std::pair<std::string, VaryPolicy>> vary;
    std::vector<std::string> offered_encodings;          // what the origin has: the rest of Accept-Encoding is left out
    std::vector<std::string> offered_languages;          // the same for Accept-Language; empty: not known
    RangeRequests range_requests = RangeRequests::part;  // where nothing is stored yet
    bool no_vary_search = true;                          // No-Vary-Search in responses is obeyed
    std::vector<ContentMethod> content_methods = {ContentMethod::query};  // stored by their content
    std::uint64_t content_bytes = 64 * KiB;                               // a longer one is passed, not stored
    bool canonical_json = false;                                          // JSON content that says the same is the same
    bool early_hints = false;  // 103 with the Link fields of the stored response, while it is renewed
    SurrogateFields surrogate_fields = SurrogateFields::strip;
    // Request fields that name a user as Authorization does, unless they are in the key.
    std::vector<std::string> personal_fields = {"Proxy-Authorization", "X-Api-Key",           "Api-Key",
                                                "X-Auth-Token",        "X-Access-Token",      "Private-Token",
                                                "X-Session-Token",     "X-Amz-Security-Token"};
    // To the origin of a request whose response may be stored: all fields, or those alone that decide which response
    // it gets.
    UnkeyedFields unkeyed_fields = UnkeyedFields::pass;
    // Content-Encoding means Vary: Accept-Encoding, and an Access-Control-Allow-Origin that repeats Origin means Vary:
    // Origin, also where the response does not say so.
    bool implied_vary = true;
    // What a POST brings answers later GETs where it says that it is the target's representation (RFC 9110 section
    // 9.3.3).
    StorePost store_post = StorePost::off;
    bool reflection_guard = true;  // a response whose Location, Link or CSP repeats an unkeyed field is not stored
    bool operator==(const StrategyConfiguration&) const = default;
};

struct Strategy {
    std::string strategy_name;
    std::string resource_type = "OTHER";
    std::string cache_key_pattern = "/**";
    LayerName cache_layer = LayerName::l1_application;
    std::optional<seconds> ttl;  // ttl_seconds; else the layer's default_ttl_seconds
    CacheBehavior cache_behavior = CacheBehavior::read_through;
    InvalidationStrategy invalidation_strategy = InvalidationStrategy::ttl;
    StrategyConfiguration configuration;
    bool is_active = true;
    bool operator==(const Strategy&) const = default;
};

// What one peer may make us hold, and for how long (security and overload). All settable under `limits`.
struct Limits {
    // Client side.
    std::uint64_t request_head_bytes = 16 * KiB;
    std::uint64_t request_line_bytes = 8 * KiB;
    unsigned request_fields = 100;
    milliseconds request_head_timeout = 10s;
    milliseconds request_body_timeout = 30s;  // without enough progress
    milliseconds keepalive_timeout = 15s;
    unsigned keepalive_requests = 10000;
    milliseconds write_timeout = 30s;      // without enough progress
    std::uint64_t minimum_rate = 1 * KiB;  // bytes a second, averaged over the body and write timeouts
    unsigned connections = 20000;          // all listeners; also kept below the descriptor limit
    unsigned connections_per_client = 0;   // per address; 0: no limit
    std::uint64_t request_body_bytes = 0;  // 0: no limit
    // A request body that is read before a connection to the origin is taken; a longer one goes at the client's speed.
    std::uint64_t read_ahead_bytes = 64 * KiB;
    // Request fields with other characters in their names than letters, digits and hyphens.
    UnderscoreFields underscore_fields = UnderscoreFields::drop;
    // Origin side.
    std::uint64_t response_head_bytes = 128 * KiB;
    unsigned response_fields = 256;
    unsigned interim_responses = 16;
    std::uint64_t chunk_extension_bytes = 64 * KiB;  // a message
    std::uint64_t trailer_bytes = 16 * KiB;
    // Fills.
    std::uint64_t fill_window_bytes = 1 * MiB;  // body kept for followers of a fill that is not stored
    // Bodies that no layer holds: on their way into one, or still being sent. At most a quarter of `memory` where the
    // file does not say it.
    std::uint64_t fills_bytes = 256 * MiB;
    std::uint64_t pinned_rate = 64 * KiB;  // bytes a second; slower clients are cut when what they pin is wanted
    std::uint64_t background_fill_bytes = 4 * MiB;  // left of a body for which no client waits any more
    unsigned background_fill_percent = 50;          // or of it here already
    unsigned followers = 10000;                     // a fill
    milliseconds follow_timeout = 30s;              // waiting for another request's response head
    seconds uncacheable_memory = 10s;               // an uncacheable key is not collapsed for this long
    // Invalidation and the admin listener.
    unsigned invalidation_backlog = 10000;                // entries kept while older fills are in flight
    std::uint64_t invalidation_backlog_bytes = 16 * MiB;  // of those entries
    unsigned invalidated_keys_listed = 100;
    unsigned keys_listed = 1000;  // a page of GET /v1/keys
    std::uint64_t admin_body_bytes = 1 * MiB;
    unsigned admin_connections = 64;
    unsigned admin_failures = 30;  // wrong tokens a minute; then 429 for the rest of it
    // The end.
    milliseconds shutdown_grace = 30s;
    milliseconds drain_delay = 0s;  // after SIGTERM, until the listeners are closed; /readyz answers 503
    milliseconds drain_idle = 1s;   // an idle client connection still answers a request that is under way on it
    bool operator==(const Limits&) const = default;
};

struct Config {
    std::string data_dir = "/var/lib/larder";
    unsigned threads = 0;      // 0: one per core
    std::uint64_t memory = 0;  // bytes for the whole process; 0: from the cgroup or the machine
    std::vector<Listener> listeners;
    Admin admin;
    std::vector<Upstream> upstreams;
    std::vector<Route> routes;
    std::vector<Layer> layers;
    std::vector<Strategy> strategies;
    std::vector<std::string> resource_types;  // beside the eight built in and OTHER
    Limits limits;
    std::string access_log = "-";  // "-": stdout; "off"; or a file
    TraceContext trace_context = TraceContext::make;
    bool operator==(const Config&) const = default;
};

// The word of the configuration file and the admin API for an enumerator.
const char* word(LayerName);
const char* word(Technology);
const char* word(EvictionPolicy);
const char* word(CacheBehavior);
const char* word(InvalidationStrategy);
const char* word(TtlMode);
const char* word(SetCookie);
const char* word(RequestDirectives);
const char* word(RequestCookies);
const char* word(VaryPolicy);
const char* word(RangeRequests);
const char* word(ContentMethod);
const char* word(SurrogateFields);
const char* word(TraceContext);
const char* word(ForwardedFamily);
const char* word(StoreErrors);
const char* word(UnkeyedFields);
const char* word(StorePost);
const char* word(UnderscoreFields);
const char* word(Balance);

// And back, for the same enumerations; words are case-sensitive. nullopt: no such word.
template <class E>
std::optional<E> enumerator(std::string_view word);

}  // namespace larder::config
