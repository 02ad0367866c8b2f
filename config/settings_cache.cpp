// Settings of layers and strategies.
#include "config/settings.h"

#include "config/forms.h"
#include "config/pattern.h"
#include "config/shapes.h"

namespace larder::config {
namespace {

using namespace std::chrono_literals;

constexpr seconds longest = seconds(std::numeric_limits<std::int32_t>::max());  // RFC 9111 section 1.2.2

// A technology that no layer can have: stands where the file's is not known, so that connection_config is not judged.
constexpr Technology unknown = Technology::redis;

// The name sets the technology for files that do not say it. It stands before `technology`, which comes before
// `connection_config`: settings are read in this order.
Setting<Layer> layer_name() {
    auto made = setting("layer_name", &Layer::layer_name, OneOf<LayerName>(),
                        "The layer's role; strategies name it. Each once.")
                    .required();
    made.read = [read = made.read](Reader& reader, const Node& node, Layer& layer) {
        const std::size_t complaints = reader.complaint_count();
        read(reader, node, layer);
        layer.technology = reader.complaint_count() > complaints ? unknown : usual_technology(layer.layer_name);
    };
    return made;
}

Setting<Layer> technology() {
    auto made =
        setting("technology", &Layer::technology, OneOf<Technology>{Technology::memory, Technology::file_system},
                "What keeps the objects: MEMORY, gone after a restart, or FILE_SYSTEM, a directory on a local "
                "disk, which survives it.")
            .standard("MEMORY for L1_APPLICATION, FILE_SYSTEM for L3_DATABASE; required for the others");
    made.read = [read = made.read](Reader& reader, const Node& node, Layer& layer) {
        layer.technology = unknown;
        read(reader, node, layer);
    };
    return made;
}

// What a technology needs to be reached. MEMORY needs nothing.
Setting<Layer> connection_config() {
    Setting<Layer> made;
    made.doc = {"connection_config",
                "a mapping",
                "the defaults of the technology",
                "How a technology is reached. MEMORY: nothing, the mapping must be empty. FILE_SYSTEM: path, readers, "
                "queue_bytes, lookup_timeout and timeout.",
                {}};
    for (const Setting<FileSystem>& below : settings<FileSystem>()) made.doc.below.push_back(below.doc);
    made.read = [](Reader& reader, const Node& node, Layer& layer) {
        if (layer.technology == unknown) return;
        if (layer.technology == Technology::file_system) return read_settings(reader, node, layer.file_system);
        const bool empty = node.kind == Node::Kind::null || (node.kind == Node::Kind::mapping && node.entries.empty());
        if (!empty) {
            reader.complain(node,
                            "an empty mapping: MEMORY has nothing to connect to; remove it, or say technology: "
                            "FILE_SYSTEM");
        }
    };
    return made;
}

}  // namespace

Technology usual_technology(LayerName name) {
    if (name == LayerName::l1_application) return Technology::memory;
    if (name == LayerName::l3_database) return Technology::file_system;
    return unknown;
}

template <>
const Settings<FileSystem>& settings() {
    using F = FileSystem;
    static const Settings<F> all = {
        setting(
            "path", &F::path,
            Shaped<std::string>(directory_shape, "a directory such as objects or /srv/larder/objects, without .."),
            "FILE_SYSTEM: the directory of the objects, made if it is not there; relative to data_dir. Of this layer "
            "alone."),
        setting("readers", &F::readers, Number(1u, 64u),
                "FILE_SYSTEM: threads that read, so the reads that a slow disk has at a time; more lookups wait."),
        setting("queue_bytes", &F::queue_bytes, Size(1 * MiB, 1024 * GiB),
                "FILE_SYSTEM: objects in memory that wait to be written; what exceeds it is passed on without being "
                "stored in this layer."),
        setting("lookup_timeout", &F::lookup_timeout, Duration(1ms, 1min),
                "FILE_SYSTEM: waiting for the answer to a lookup; then the request goes on as if the layer did not "
                "have it. After 5 in a row the layer is not asked for a second, then two, up to a minute."),
        setting("timeout", &F::timeout, Duration(10ms, 10min),
                "FILE_SYSTEM: waiting for a piece of a body, which is then cut, for an invalidation, whose receipt "
                "then says failed and not durable, and for a page of the registry."),
    };
    return all;
}

template <>
const Settings<Layer>& settings() {
    static const Settings<Layer> all = {
        layer_name(),
        technology(),
        setting("display_name", &Layer::display_name, Text(255), "A name for people.").standard("the layer_name"),
        setting("description", &Layer::description, Text(500, 0), "A note for people.").standard("none"),
        setting("cache_level", &Layer::cache_level, Number(1, 10),
                "Layers are asked from the lowest level up; two active ones never share a level.")
            .standard("1 to 5, by layer_name"),
        setting("max_size_bytes", &Layer::max_size_bytes, Size(1 * MiB, 1024 * 1024 * GiB),
                "A hard bound, bookkeeping included; at least 16MiB for FILE_SYSTEM. What does not fit is evicted by "
                "eviction_policy.")
            .required(),
        setting("default_ttl_seconds", &Layer::default_ttl_seconds, SecondsCount(Seconds(1s, longest)),
                "The lifetime for strategies written without ttl_seconds."),
        setting("eviction_policy", &Layer::eviction_policy, OneOf<EvictionPolicy>(),
                "Which object goes when there is no room; TTL is the one that expires first."),
        setting("is_active", &Layer::is_active, Flag(),
                "Whether it is used. Active strategies must not name one that is not."),
        connection_config(),
        only_false<Layer>("is_distributed", "layers shared between nodes are not available in this version"),
        only_false<Layer>("compression_enabled", "compression is not available in this version"),
        only_false<Layer>("encryption_enabled", "encryption is not available in this version"),
    };
    return all;
}

template <>
const Settings<StrategyConfiguration>& settings() {
    using C = StrategyConfiguration;
    static const Settings<C> all = {
        setting("ttl_mode", &C::ttl_mode, OneOf<TtlMode>(),
                "`origin`: only the origin's word and RFC 9111 heuristics; `default`: ttl_seconds where it gives none; "
                "`cap`: "
                "at most ttl_seconds; `override`: always ttl_seconds."),
        setting(
            "stale_while_revalidate", &C::stale_while_revalidate, Seconds(0s, longest),
            "How long past its freshness an object may be served while it is refreshed, when the origin does not say."),
        setting(
            "stale_if_error", &C::stale_if_error, Seconds(0s, longest),
            "How long past its freshness an object may be served when the origin fails, when the origin does not say."),
        setting("keep", &C::keep, Seconds(0s, longest),
                "How long past its freshness an object with a validator may stay."),
        setting(
            "error_ttl_max", &C::error_ttl_max, Seconds(0s, longest),
            "How long a stored 4xx or 5xx is of use at most, fresh or stale, whoever says so: an error that one client "
            "provoked must not last."),
        setting("store_errors", &C::store_errors, OneOf<StoreErrors>(),
                "Which 4xx and 5xx may be stored: those about the resource (`safe`: not 400, 408, 413, 414, 415, 421, "
                "425 and 501, which tell one client what was wrong with its request), or these too (`all`)."),
        setting("set_cookie", &C::set_cookie, OneOf<SetCookie>(),
                "A response with Set-Cookie is not stored (`bypass`), stored without it (`strip`), or stored with it "
                "(`store`: "
                "one client's cookie then reaches others)."),
        setting("cookies", &C::cookies, OneOf<RequestCookies>(),
                "A request with Cookie is stored only if the response says public or s-maxage (`bypass`), or its "
                "cookies have no influence and are not forwarded (`ignore`), or none, and are forwarded (`store`: what "
                "the origin makes of one client's cookies then reaches others)."),
        setting("request_directives", &C::request_directives, OneOf<RequestDirectives>(),
                "Which Cache-Control of requests counts: what cannot force a request to the origin (`safe`), all "
                "(`obey`: clients "
                "can then load the origin), none (`ignore`)."),
        setting("key_fields", &C::key_fields, List(field_name_form(), 0, 16),
                "Request fields that are part of the key."),
        setting("key_cookies", &C::key_cookies,
                List(Shaped<std::string>(token_shape, "a cookie name such as theme"), 0, 16),
                "Cookies that are part of the key."),
        setting("max_object_size", &C::max_object_size, Size(1, 1024 * GiB),
                "Larger responses are passed on, not stored."),
        setting("max_variants", &C::max_variants, Number(1u, 1024u),
                "Variants of one key by Vary; the oldest gives way."),
        setting("lift", &C::lift, List(Shaped<std::string>(lift_shape, "no-store, private or authorization"), 0, 3),
                "What is not obeyed. Lifting `private` or `authorization` shows one user's response to others."),
        setting("cache_status_detail", &C::cache_status_detail, Flag(), "As the listener's, for this strategy."),
        setting("qualified_directives", &C::qualified_directives, Flag(),
                "Whether no-cache=\"f\" and private=\"f\" concern only field f, not the whole response."),
        setting("cache_control_targets", &C::cache_control_targets, List(field_name_form(), 0, 16),
                "Response fields that stand in the place of Cache-Control and Expires where they are valid (RFC 9213), "
                "the first one that is there."),
        setting("vary", &C::vary, VaryPolicies(),
                "What a request field counts for that responses name in Vary: its values are compared as they are "
                "(`pass`), by what they mean (`normalise`: Accept-Encoding and Accept-Language by their members, "
                "others as lists, whose lines, white space and empty members do not count, for the origin too), or "
                "such responses are not stored (`bypass`). `\"*\"` is every field that is not named.")
            .standard("normalise for Accept-Encoding and Accept-Language, pass for all others"),
        setting("offered_encodings", &C::offered_encodings,
                List(Shaped<std::string>(coding_shape, "a content coding such as gzip"), 0, 16),
                "The content codings that the origin has. With it, a normalised Accept-Encoding is reduced to them, "
                "for the origin too.")
            .standard("not known"),
        setting("offered_languages", &C::offered_languages,
                List(Shaped<std::string>(language_shape, "a language tag such as en or pt-BR"), 0, 64),
                "The languages that the origin has. With it, a normalised Accept-Language is reduced to them, for the "
                "origin too.")
            .standard("not known"),
        setting("range_requests", &C::range_requests, OneOf<RangeRequests>(),
                "What a request for a range does when the response is not stored: the origin is asked for the range, "
                "which is kept in MEMORY layers and combined with others until it is whole (`part`), for all of it "
                "(`whole`), or for the range, and nothing is stored (`pass`)."),
        setting("no_vary_search", &C::no_vary_search, Flag(),
                "Whether No-Vary-Search in responses is obeyed: query parameters that it names make no other key."),
        setting("content_methods", &C::content_methods, List(OneOf<ContentMethod>(), 0, 2),
                "Methods whose responses are stored under the target and the request's content: QUERY (RFC 10008), and "
                "POST where it only reads, as for GraphQL."),
        setting("content_bytes", &C::content_bytes, Size(0, 16 * MiB),
                "The longest request content that is part of a key; a request with more is passed on and not stored."),
        setting("canonical_json", &C::canonical_json, Flag(),
                "Whether JSON content that differs only in white space, the order of members or the writing of strings "
                "makes the same key."),
        setting(
            "early_hints", &C::early_hints, Flag(),
            "Whether a client that has to wait until a stored response is renewed gets the Link fields of that one at "
            "once, in a 103 (RFC 8297)."),
        setting("surrogate_fields", &C::surrogate_fields, OneOf<SurrogateFields>(),
                "Whether clients get Surrogate-Key, Cache-Tag, xkey, Surrogate-Control and Larder-Cache-Control: not "
                "(`strip`), or they do, for another cache in front of Larder (`pass`)."),
        setting(
            "personal_fields", &C::personal_fields, List(field_name_form(), 0, 32),
            "Request fields that name a user as Authorization does: a response to a request with one is stored, and "
            "a stored one given to it, only if it says public, s-maxage or must-revalidate. Not those in key_fields."),
        setting("unkeyed_fields", &C::unkeyed_fields, OneOf<UnkeyedFields>(),
                "What the origin of a request whose response may be stored gets of fields that do not decide it: all "
                "(`pass`), or only those of key_fields, key_cookies, personal_fields and `vary`, Accept-Encoding, "
                "Accept-Language, Authorization, Cache-Control and Content-* (`drop`)."),
        setting("implied_vary", &C::implied_vary, Flag(),
                "Whether Content-Encoding stands for Vary: Accept-Encoding, and an Access-Control-Allow-Origin that "
                "repeats the request's Origin for Vary: Origin, where the response forgot to say so."),
        setting("store_post", &C::store_post, OneOf<StorePost>(),
                "Whether a response to POST answers later GETs of its URL: never (`off`), or where its "
                "Content-Location names the URL and it says how long it is fresh (`representation`). Content that one "
                "client has sent can then be what others get."),
        setting("reflection_guard", &C::reflection_guard, Flag(),
                "Whether a response is not stored that repeats a request field which is not in the key or in Vary in "
                "its Location, Content-Location, Link, Refresh or Content-Security-Policy."),
    };
    return all;
}

template <>
const Settings<Strategy>& settings() {
    using I = InvalidationStrategy;
    using B = CacheBehavior;
    static const Settings<Strategy> all = {
        setting("strategy_name", &Strategy::strategy_name, Text(100),
                "Its name in metrics, logs and the admin API. Each once.")
            .required(),
        setting(
            "resource_type", &Strategy::resource_type,
            Shaped<std::string>(resource_type_shape, "a resource type in capital letters such as WORKOUT"),
            "WORKOUT, EXERCISE, PROGRAM, USER_PROFILE, MEDIA, TRANSLATION, ANALYTICS, SEARCH_RESULTS, OTHER, or one of "
            "resource_types."),
        setting("cache_key_pattern", &Strategy::cache_key_pattern, UrlPattern(UrlPattern::Part::whole),
                "Which URLs: an optional host, a path with `{name}` or `*` for a segment and `**` for the rest, and "
                "optionally the "
                "query parameters that count, `?q&page&!utm_*`. The most specific pattern wins; ties are an error.")
            .required(),
        setting("cache_layer", &Strategy::cache_layer, OneOf<LayerName>(),
                "The layer_name of the slowest layer that keeps the objects; the faster ones in front of it keep them "
                "too."),
        setting("ttl_seconds", &Strategy::ttl, Seconds(1s, longest), "The lifetime that ttl_mode uses.")
            .standard("the layer's default_ttl_seconds"),
        setting("cache_behavior", &Strategy::cache_behavior, OneOf<B>{B::read_through, B::cache_aside},
                "READ_THROUGH: one streaming fill for all who ask. CACHE_ASIDE: forwarded, and stored only with "
                "explicit freshness "
                "from the origin."),
        setting("invalidation_strategy", &Strategy::invalidation_strategy, OneOf<I>{I::ttl, I::manual},
                "What is added to expiry, purges and RFC 9111 section 4.4: TTL and MANUAL add nothing."),
        setting("strategy_configuration", &Strategy::configuration, Group<StrategyConfiguration>(), "HTTP rules."),
        setting("is_active", &Strategy::is_active, Flag(),
                "Whether it is used. Its requests otherwise match other strategies, or none."),
        only_false<Strategy>("warming_enabled", "warming is not available in this version"),
        only_false<Strategy>("enable_compression", "compression is not available in this version"),
        only_false<Strategy>("enable_encryption", "encryption is not available in this version"),
        refused<Strategy>("warming_strategy", "warming is not available in this version; remove it"),
        refused<Strategy>("invalidation_rules", "TTL and MANUAL have no rules; remove it"),
    };
    return all;
}

}  // namespace larder::config
