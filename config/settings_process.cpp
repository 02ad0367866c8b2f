// Settings of the whole process: the top of the file, and the limits.
#include "config/settings.h"

#include "config/forms.h"
#include "config/shapes.h"

namespace larder::config {

template <>
const Settings<Limits>& settings() {
    using L = Limits;
    constexpr std::uint64_t most = 1024 * 1024 * GiB;
    static const Settings<L> all = {
        setting("request_head_bytes", &L::request_head_bytes, Size(1 * KiB, 1 * MiB),
                "A request head; more is answered 431."),
        setting("request_line_bytes", &L::request_line_bytes, Size(256, 1 * MiB),
                "The request line; more is answered 414. At most request_head_bytes."),
        setting("request_fields", &L::request_fields, Number(10u, 10'000u),
                "Fields in a request; more is answered 431."),
        setting("request_head_timeout", &L::request_head_timeout, Duration(10ms, 1h),
                "From a head's first byte to its last. Then 408 and the connection is closed."),
        setting("request_body_timeout", &L::request_body_timeout, Duration(10ms, 24h),
                "A request body slower than minimum_rate over this time ends the connection."),
        setting("keepalive_timeout", &L::keepalive_timeout, Duration(0ms, 24h),
                "An idle client connection is closed after it."),
        setting("keepalive_requests", &L::keepalive_requests, Number(1u, 1'000'000'000u),
                "Requests on one client connection."),
        setting("write_timeout", &L::write_timeout, Duration(10ms, 24h),
                "A client that takes less than minimum_rate over this time is cut off."),
        setting("minimum_rate", &L::minimum_rate, Size(0, 1 * GiB),
                "Bytes a second that a transfer must make; 0: any progress."),
        setting("connections", &L::connections, Number(1u, 10'000'000u),
                "Client connections on all listeners; at this number accepting pauses. Kept below the descriptor limit "
                "too."),
        setting("connections_per_client", &L::connections_per_client, Number(0u, 10'000'000u),
                "Connections from one address; more are closed at once. 0: no limit."),
        setting("request_body_bytes", &L::request_body_bytes, Size(0, most),
                "A request body; more is answered 413. 0: no limit."),
        setting("read_ahead_bytes", &L::read_ahead_bytes, Size(0, 16 * MiB),
                "A request body up to this is read before a connection to the origin is taken for it, while there is "
                "room in fills_bytes; a longer one holds one of the upstream's max_uploads."),
        setting("underscore_fields", &L::underscore_fields, OneOf<UnderscoreFields>(),
                "Request fields whose names have other characters than letters, digits and hyphens, such as X_User: "
                "origins that speak CGI or WSGI take them for X-User. `drop`, or `pass` where the origin tells them "
                "apart."),
        setting("response_head_bytes", &L::response_head_bytes, Size(1 * KiB, 16 * MiB),
                "A response head; more becomes 502."),
        setting("response_fields", &L::response_fields, Number(10u, 10'000u),
                "Fields in a response; more becomes 502."),
        setting("interim_responses", &L::interim_responses, Number(0u, 1000u),
                "1xx responses before a final one; more becomes 502."),
        setting("chunk_extension_bytes", &L::chunk_extension_bytes, Size(0, 16 * MiB),
                "Chunk extensions in a message; more is a framing error."),
        setting("trailer_bytes", &L::trailer_bytes, Size(0, 16 * MiB),
                "The trailer section of a message; more is a framing error."),
        setting("fill_window_bytes", &L::fill_window_bytes, Size(64 * KiB, 1 * GiB),
                "Body kept for the followers of a fill that is not stored; one that falls further behind is cut off."),
        setting("fills_bytes", &L::fills_bytes, Size(1 * MiB, most),
                "Bodies in memory that no layer holds: on their way into one, waiting to be written to disk, or still "
                "being sent after a layer let go of them; and, up to a quarter of it, request content that is kept. A "
                "response that finds no room is passed on without being stored.")
            .standard("a quarter of `memory`, at most 256MiB"),
        setting("pinned_rate", &L::pinned_rate, Size(0, 1 * GiB),
                "Bytes a second. When fills_bytes is nearly used up, clients that take less of a body that no layer "
                "holds are cut off, the slowest first; beyond fills_bytes faster ones too. 0: only those."),
        setting(
            "background_fill_bytes", &L::background_fill_bytes, Size(0, most),
            "When no client waits for a body any more, it is fetched to its end, to be stored, if no more than this "
            "is left of it; else the fetch is given up. Of a body of unknown length so much more is taken."),
        setting("background_fill_percent", &L::background_fill_percent, Number(0u, 100u),
                "It is also fetched to its end if so much of it is here already. 0: always."),
        setting("followers", &L::followers, Number(0u, 10'000'000u),
                "Requests that follow one fill; more go to the origin themselves."),
        setting("follow_timeout", &L::follow_timeout, Duration(10ms, 24h),
                "Waiting for the head of another request's response; then one of those who wait asks the origin for "
                "all of them."),
        setting(
            "uncacheable_memory", &L::uncacheable_memory, Seconds(0s, 24h),
            "How long requests for a key are not made to wait for each other after a response that was not storable."),
        setting("invalidation_backlog", &L::invalidation_backlog, Number(16u, 10'000'000u),
                "Invalidations kept while older fills are in flight; when there are more, the oldest such fills are "
                "not stored."),
        setting("invalidation_backlog_bytes", &L::invalidation_backlog_bytes, Size(64 * KiB, 16 * GiB),
                "What those invalidations may occupy; beyond it, too, the oldest such fills are not stored."),
        setting("invalidated_keys_listed", &L::invalidated_keys_listed, Number(0u, 100'000u),
                "Keys that an invalidation's answer lists."),
        setting("keys_listed", &L::keys_listed, Number(1u, 10'000u),
                "Keys on a page of `GET /v1/keys`; a request for more gets this many and the cursor of the next page."),
        setting("admin_body_bytes", &L::admin_body_bytes, Size(1 * KiB, 64 * MiB),
                "The body of an admin request; more is answered 413."),
        setting(
            "admin_connections", &L::admin_connections, Number(1u, 10'000u),
            "Connections to the admin listener. For one more the one that has been idle or slow the longest is closed; "
            "while all are being answered, the new one."),
        setting("admin_failures", &L::admin_failures, Number(1u, 1'000'000u),
                "Wrong tokens in a minute; at this number the admin listener answers 429 for the rest of it."),
        setting(
            "drain_delay", &L::drain_delay, Duration(0ms, 5min),
            "How long after SIGTERM the listeners stay open while /readyz answers 503, so that a load balancer stops "
            "sending before connections are refused."),
        setting("drain_idle", &L::drain_idle, Duration(0ms, 1min),
                "How long an idle client connection stays open after the listeners are closed, so that a request "
                "under way on it is still answered."),
        setting("shutdown_grace", &L::shutdown_grace, Duration(0ms, 24h),
                "How long requests in flight may take to end after SIGTERM; then they are cut off."),
    };
    return all;
}

template <>
const Settings<Config>& settings() {
    static const Settings<Config> all = {
        setting("data_dir", &Config::data_dir, Text(4096),
                "Where the admin token and what must survive a restart lie. A reload cannot change it."),
        setting("threads", &Config::threads, Number(0u, 1024u), "Workers; 0: one per core. A reload cannot change it."),
        setting("memory", &Config::memory, Size(16 * MiB, 1024 * 1024 * GiB),
                "For the whole process. A layer that the file does not name gets a quarter, and what no layer holds "
                "(`limits.fills_bytes`) another.")
            .standard("the cgroup's limit or the machine's memory"),
        setting("listeners", &Config::listeners, List(Group<Listener>(), 0, 256),
                "Where clients connect; at least one, here or with `--listen`."),
        setting("admin", &Config::admin, Group<Admin>(), "The admin endpoint."),
        setting("upstreams", &Config::upstreams, List(Group<Upstream>(), 0, 1000),
                "The origins; at least one, here or with `--upstream`. The first gets everything when there are no "
                "routes."),
        setting("routes", &Config::routes, List(Group<Route>(), 0, 1000),
                "Which requests go to which upstream. With routes, a request that none matches is answered 404."),
        setting("layers", &Config::layers, List(Group<Layer>(), 0, 10), "Where responses are kept.")
            .standard("L1_APPLICATION in MEMORY with a quarter of `memory`, and L3_DATABASE in FILE_SYSTEM with 10GiB"),
        setting("strategies", &Config::strategies, List(Group<Strategy>(), 0, 10'000),
                "What is kept how long. A request that no strategy matches is proxied, not stored; `[]` is no strategy "
                "at all.")
            .standard("`default` for /**, type OTHER"),
        setting(
            "resource_types", &Config::resource_types,
            List(Shaped<std::string>(resource_type_shape, "a word of A-Z, 0-9 and _, at most 50 characters"), 0, 1000),
            "Resource types beside those built in."),
        setting("limits", &Config::limits, Group<Limits>(), "What one peer may make Larder hold, and for how long."),
        setting("access_log", &Config::access_log, Text(4096),
                "`-` is stdout, `off` none, else a file that is appended to."),
        setting("trace_context", &Config::trace_context, OneOf<TraceContext>(),
                "W3C trace context towards origins: a request without a valid traceparent gets a new one (`make`), or "
                "what the client sent is passed on as it is (`pass`)."),
        refused<Config>("encryption", "encryption is not available in this version; remove it"),
    };
    return all;
}

}  // namespace larder::config
