// Settings of listeners, the admin endpoint, upstreams and routes.
#include "config/settings.h"

#include "config/forms.h"
#include "config/pattern.h"
#include "config/shapes.h"

namespace larder::config {

template <>
const Settings<Listener>& settings() {
    static const Settings<Listener> all = {
        setting("address", &Listener::address, address_form(),
                "Where clients connect. `:8080` is every address of the machine; port 0 lets the system choose.")
            .required(),
        setting("trusted_proxies", &Listener::trusted_proxies,
                List(Shaped<Cidr>(parse_cidr,
                                  "an address range such as 10.0.0.0/8 or fd00::/8, without bits behind the prefix"),
                     0, 1000),
                "Whose X-Forwarded-* or Forwarded are believed. What others send of these is overwritten."),
        setting("forwarded", &Listener::forwarded, OneOf<ForwardedFamily>(),
                "By which fields they name their client: X-Forwarded-For, -Proto and -Host (`x-forwarded`), Forwarded "
                "(`forwarded`), or whichever is there, Forwarded first (`both`: only where they remove what clients "
                "send of both)."),
        setting("cache_status_detail", &Listener::cache_status_detail, Flag(),
                "Whether Cache-Status tells key, layer, strategy and reason. Clients then learn how URLs map to keys."),
    };
    return all;
}

template <>
const Settings<Admin>& settings() {
    static const Settings<Admin> all = {
        setting("address", &Admin::address, Shaped<std::string>(admin_shape, "HOST:PORT, [IPv6]:PORT, :PORT or off"),
                "Where the admin endpoint listens; `off`: nowhere. Keep it away from clients: its token can purge "
                "everything."),
        refused<Admin>("token", "the token is made at the first start and lies in DATA_DIR/admin.token; remove this"),
    };
    return all;
}

template <>
const Settings<HealthCheck>& settings() {
    static const Settings<HealthCheck> all = {
        setting("path", &HealthCheck::path, Shaped<std::string>(request_path_shape, "a path that begins with /"),
                "What is asked for with GET; any 2xx or 3xx is healthy.")
            .required(),
        setting("interval", &HealthCheck::interval, Duration(100ms, 1h),
                "From one question to the next, for each server."),
        setting("timeout", &HealthCheck::timeout, Duration(1ms, 1min), "An answer that takes longer is a failure."),
        setting("unhealthy_after", &HealthCheck::unhealthy_after, Number(1u, 1000u),
                "Failures in a row after which a server gets no requests."),
        setting("healthy_after", &HealthCheck::healthy_after, Number(1u, 1000u),
                "Successes in a row after which it gets requests again."),
    };
    return all;
}

template <>
const Settings<Upstream>& settings() {
    static const Settings<Upstream> all = {
        setting("name", &Upstream::name, Text(100), "What routes and metrics call it.").required(),
        setting("servers", &Upstream::servers, List(server_form(), 1, 256),
                "The origin's servers. Names are resolved again every `resolve_interval`.")
            .required(),
        setting("balance", &Upstream::balance, OneOf<Balance>(), "How a server is chosen for a request."),
        setting("host", &Upstream::host,
                Shaped<std::string>(upstream_host_shape, "preserve, upstream, or a fixed HOST[:PORT]"),
                "The Host that the origin sees: the client's (`preserve`), the server's (`upstream`), or this name."),
        setting("connect_timeout", &Upstream::connect_timeout, Duration(1ms, 10min),
                "For connecting, TLS included. Then another server is tried, or 504 is answered."),
        setting("first_byte_timeout", &Upstream::first_byte_timeout, Duration(1ms, 24h),
                "From the end of the request to the head of the response. Then 504."),
        setting("idle_timeout", &Upstream::idle_timeout, Duration(1ms, 24h),
                "Between two pieces of a body. Then the response is cut short, visibly to the client."),
        setting("keepalive_timeout", &Upstream::keepalive_timeout, Duration(0ms, 24h),
                "An unused connection is closed after it; let it be shorter than the server's own."),
        setting("max_connections", &Upstream::max_connections, Number(1u, 100'000u),
                "Connections to one server. More requests wait in its queue."),
        setting("queue", &Upstream::queue, Number(0u, 1'000'000u),
                "Requests that may wait for a connection to one server. More are answered 503."),
        setting("queue_timeout", &Upstream::queue_timeout, Duration(0ms, 1h),
                "The longest wait in the queue. Then 503."),
        setting("max_uploads", &Upstream::max_uploads, Number(0u, 100'000u),
                "Connections to one server that request bodies longer than limits.read_ahead_bytes may hold at a time, "
                "since they come at the speed of clients; more wait in the queue. 0: half of max_connections."),
        setting("max_uploads_per_client", &Upstream::max_uploads_per_client, Number(0u, 100'000u),
                "How many of these one client address may hold. 0: half of max_uploads."),
        setting("max_tunnels", &Upstream::max_tunnels, Number(0u, 100'000u),
                "Connections to one server that have become something else by Upgrade, such as WebSockets; not part of "
                "max_connections. More are answered 503."),
        setting("health", &Upstream::health, Group<HealthCheck>(), "Ask the servers whether they are well."),
        setting("max_failures", &Upstream::max_failures, Number(0u, 1'000'000u),
                "Failed connections in a row that eject a server; 0: never."),
        setting("ejection_time", &Upstream::ejection_time, Duration(1ms, 24h),
                "How long an ejected server gets no requests."),
        setting("resolve_interval", &Upstream::resolve_interval, Duration(1s, 24h),
                "How often names are resolved again."),
        setting(
            "tls_verify", &Upstream::tls_verify, Flag(),
            "Whether the certificate of an https server must be valid for its name. `false` trusts anyone on the way."),
        setting("tls_ca_file", &Upstream::tls_ca_file, Text(4096),
                "PEM file of the authorities to trust; without it the system's.")
            .standard("the system's"),
    };
    return all;
}

template <>
const Settings<RequestFields>& settings() {
    static const Settings<RequestFields> all = {
        setting("set", &RequestFields::set, FieldValues(),
                "Fields that the origin gets, instead of the client's of that name."),
        setting("remove", &RequestFields::remove, List(field_name_form(), 0, 100),
                "Fields that the origin does not get."),
    };
    return all;
}

template <>
const Settings<Route>& settings() {
    static const Settings<Route> all = {
        setting("host", &Route::host,
                Shaped<std::string>(parse_host_pattern,
                                    "a host name, an IP literal or *.NAME, without scheme and without port"),
                "Which host; `*.example.com` is any name below it. Left away: any host.")
            .standard("any"),
        setting("path", &Route::path, UrlPattern(UrlPattern::Part::path),
                "Which paths: `/a/b` itself, `/a/*` one segment, `/a/**` all below. The most specific route wins."),
        setting("upstream", &Route::upstream, Text(100), "The name of the upstream that gets the requests.").required(),
        setting("strip_prefix", &Route::strip_prefix,
                Shaped<std::string>(prefix_shape, "a path such as /v2, without / at its end"),
                "Taken off the path before the origin sees it. Keys keep the client's path.")
            .standard("none"),
        setting("add_prefix", &Route::add_prefix,
                Shaped<std::string>(prefix_shape, "a path such as /v2, without / at its end"),
                "Put before the path that the origin sees.")
            .standard("none"),
        setting("upgrade", &Route::upgrade, Flag(), "Whether Upgrade (WebSocket) may pass."),
        setting("request_fields", &Route::request_fields, Group<RequestFields>(),
                "Changes to the fields that the origin sees."),
    };
    return all;
}

}  // namespace larder::config
