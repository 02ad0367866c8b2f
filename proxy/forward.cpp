#include "proxy/forward.h"

#include <array>

#include "policy/digits.h"
#include "policy/end_to_end.h"
#include "proxy/upstream/upstream.h"

namespace larder::proxy {
namespace {

using policy::same_name;

void line(std::string& out, std::string_view name, std::string_view value) {
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
}

template <std::size_t N>
bool one_of(std::string_view name, const std::array<std::string_view, N>& names) {
    for (const std::string_view listed : names) {
        if (same_name(name, listed)) return true;
    }
    return false;
}

// Says who the client is or what it asked for, to an origin that believes it. Ours to say: written anew below, or kept
// from the client altogether, since a response that reflects them would be stored for everybody.
bool forwarding_claim(std::string_view name) {
    static constexpr std::array<std::string_view, 12> names = {
        "x-host",      "x-original-url",    "x-rewrite-url",       "x-original-host",
        "x-real-ip",   "x-client-ip",       "x-cluster-client-ip", "x-proxyuser-ip",
        "client-cert", "client-cert-chain", "x-client-cert",       "ssl-client-cert"};  // RFC 9440 section 2.4
    if (name.size() < 6) return false;
    if (same_name(name.substr(0, 11), "x-forwarded")) return true;
    if (same_name(name.substr(0, 13), "x-ssl-client-")) return true;
    return same_name(name, "forwarded") || one_of(name, names);
}

bool method_override(std::string_view name) {
    static constexpr std::array<std::string_view, 3> names = {"x-http-method-override", "x-http-method",
                                                              "x-method-override"};
    return one_of(name, names);
}

bool conditional(std::string_view name) {
    static constexpr std::array<std::string_view, 6> names = {
        "if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "range", "if-range"};
    return one_of(name, names);
}

// A trusted proxy's chain is carried on; anyone else's is not believed and ends here. Via and CDN-Loop are everybody's.
void begin_chain(std::string& out, std::string_view name, const Exchange& exchange, bool believed) {
    out += name;
    out += ": ";
    if (!believed || !exchange.fields->has(name)) return;
    out += *exchange.fields->combined(name);
    out += ", ";
}

void append_forwarding(std::string& out, const Exchange& exchange, std::string_view loop_id) {
    const std::string& peer = exchange.peer_text;
    begin_chain(out, "X-Forwarded-For", exchange, exchange.peer_trusted);
    out += peer;
    out += "\r\n";
    line(out, "X-Forwarded-Proto", exchange.scheme());
    line(out, "X-Forwarded-Host", exchange.authority);

    begin_chain(out, "Forwarded", exchange, exchange.peer_trusted);
    const bool v6 = peer.find(':') != std::string::npos;
    out += v6 ? "for=\"[" : "for=";
    out += peer;
    out += v6 ? "]\";host=" : ";host=";
    const bool plain = policy::is_token(exchange.authority);
    if (!plain) out += '"';
    out += exchange.authority;
    if (!plain) out += '"';
    out += ";proto=";
    out += exchange.scheme();
    out += "\r\n";

    begin_chain(out, "Via", exchange, true);
    out += exchange.minor == 0 ? "1.0 larder\r\n" : "1.1 larder\r\n";

    if (loop_id.empty()) return;
    begin_chain(out, "CDN-Loop", exchange, true);
    out.append(loop_id).append("\r\n");
}

// RFC 9110 section 7.6.2. What is no number is passed on as it is.
std::string one_less(std::string_view hops) {
    const auto count = policy::parse_decimal(hops);
    return count.value_or(0) == 0 ? std::string(hops) : std::to_string(*count - 1);
}

void append_host(std::string& out, const Exchange& exchange, const OriginServer& server) {
    const std::string& host = exchange.upstream->settings().host;
    if (host == "preserve") {
        line(out, "Host", exchange.authority);
    } else {
        line(out, "Host", host == "upstream" ? server.authority() : host);
    }
}

bool set_by_route(const config::RequestFields& fields, std::string_view name) {
    for (const auto& [set, value] : fields.set) {
        if (same_name(set, name)) return true;
    }
    for (const std::string& removed : fields.remove) {
        if (same_name(removed, name)) return true;
    }
    return false;
}

}  // namespace

void write_forwarded_head(std::string& out, const Exchange& exchange, const OriginServer& server,
                          const ForwardOptions& options) {
    const config::Route& route = exchange.route->settings;
    const bool reads = exchange.get || exchange.head || exchange.by_content;
    const bool cookies_ignored =
        exchange.strategy && exchange.strategy->rules.configuration.cookies == config::RequestCookies::ignore && reads;
    out.assign(options.for_storing ? exchange.stored_method() : exchange.method);
    out += ' ';
    append_routed_target(out, route, reads ? exchange.selected : std::string_view(exchange.target.text));
    out += " HTTP/1.1\r\n";
    append_host(out, exchange, server);

    const policy::HopByHop hop_by_hop(*exchange.fields);
    for (const policy::Field& field : *exchange.fields) {
        const std::string_view name = field.name;
        if (hop_by_hop.contains(name) || forwarding_claim(name) || same_name(name, "via")) continue;
        if (same_name(name, "cdn-loop")) continue;
        if (!options.trace_parent.empty() && (same_name(name, "traceparent") || same_name(name, "tracestate")))
            continue;
        if (options.for_storing && conditional(name)) continue;
        // A cacheable request means what its method says.
        if (reads && method_override(name)) continue;
        if (cookies_ignored && same_name(name, "cookie")) continue;
        if (set_by_route(route.request_fields, name)) continue;
        if (same_name(name, "max-forwards") && exchange.method == "OPTIONS") {
            line(out, name, one_less(field.value));
            continue;
        }
        line(out, name, field.value);
    }
    for (const auto& [name, value] : route.request_fields.set) line(out, name, value);
    append_forwarding(out, exchange, options.loop_id);
    if (!options.trace_parent.empty()) line(out, "Traceparent", options.trace_parent);

    if (!options.range.empty()) line(out, "Range", options.range);
    if (!options.if_range.empty()) line(out, "If-Range", options.if_range);
    if (!options.validators.if_none_match.empty()) line(out, "If-None-Match", options.validators.if_none_match);
    if (!options.validators.if_modified_since.empty()) {
        line(out, "If-Modified-Since", options.validators.if_modified_since);
    }
    if (exchange.by_content) {
        line(out, "Content-Length", std::to_string(exchange.content.size()));
    } else if (options.with_body && exchange.has_body) {
        if (exchange.body_length) {
            line(out, "Content-Length", std::to_string(*exchange.body_length));
        } else {
            line(out, "Transfer-Encoding", "chunked");
        }
    } else if (exchange.method == "POST" || exchange.method == "PUT" || exchange.method == "PATCH") {
        // RFC 9110 section 8.6: a method that anticipates content says so when there is none.
        line(out, "Content-Length", "0");
    }
    if (options.expect_continue) line(out, "Expect", "100-continue");
    if (!options.upgrade.empty()) {
        line(out, "Upgrade", options.upgrade);
        line(out, "Connection", "Upgrade");
    }
    out += "\r\n";
}

}  // namespace larder::proxy
