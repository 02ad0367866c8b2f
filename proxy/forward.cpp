#include "proxy/forward.h"

#include "policy/digits.h"
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

// What came with the request goes on where `believed`; anyone else's ends here. Via and CDN-Loop are everybody's.
void append_chain(std::string& out, const Exchange& exchange, std::string_view name, bool believed) {
    const std::string_view chain = exchange.request.chain(name);
    if (believed && !chain.empty()) out.append(chain).append(", ");
}

bool believes(const Exchange& exchange, config::ForwardedFamily family) {
    return exchange.peer_trusted && (exchange.believed == family || exchange.believed == config::ForwardedFamily::both);
}

void append_forwarded_for(std::string& out, const Exchange& exchange) {
    append_chain(out, exchange, "X-Forwarded-For", believes(exchange, config::ForwardedFamily::x_forwarded));
    out += exchange.peer_text;
}

void append_forwarded(std::string& out, const Exchange& exchange) {
    append_chain(out, exchange, "Forwarded", believes(exchange, config::ForwardedFamily::forwarded));
    const std::string& peer = exchange.peer_text;
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
}

void append_forwarding(std::string& out, const Exchange& exchange, std::string_view loop_id) {
    out += "X-Forwarded-For: ";
    append_forwarded_for(out, exchange);
    out += "\r\n";
    line(out, "X-Forwarded-Proto", exchange.scheme());
    line(out, "X-Forwarded-Host", exchange.authority);
    out += "Forwarded: ";
    append_forwarded(out, exchange);
    out += "\r\nVia: ";
    append_chain(out, exchange, "Via", true);
    out += exchange.minor == 0 ? "1.0 larder\r\n" : "1.1 larder\r\n";
    if (loop_id.empty()) return;
    out += "CDN-Loop: ";
    append_chain(out, exchange, "CDN-Loop", true);
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

}  // namespace

std::string written_value(const Exchange& exchange, std::string_view name) {
    std::string value;
    if (same_name(name, "X-Forwarded-For")) append_forwarded_for(value, exchange);
    if (same_name(name, "X-Forwarded-Proto")) value = exchange.scheme();
    if (same_name(name, "X-Forwarded-Host")) value = exchange.authority;
    if (same_name(name, "Forwarded")) append_forwarded(value, exchange);
    return value;
}

void write_forwarded_head(std::string& out, const Exchange& exchange, const OriginServer& server,
                          const ForwardOptions& options) {
    const bool reads = exchange.get || exchange.head || exchange.by_content;
    out.assign(options.for_storing ? exchange.stored_method() : exchange.method);
    out += ' ';
    append_routed_target(out, exchange.route->settings,
                         reads ? exchange.selected : std::string_view(exchange.target.text));
    out += " HTTP/1.1\r\n";
    append_host(out, exchange, server);

    for (const policy::Field& field : *exchange.fields) {
        const policy::RequestField known = policy::request_field(field.name);
        if (known.role == policy::FieldRole::written) continue;  // below
        if (options.for_storing && known.role == policy::FieldRole::condition) continue;
        if (known.known == policy::KnownField::max_forwards && exchange.method == "OPTIONS") {
            line(out, field.name, one_less(field.value));
            continue;
        }
        line(out, field.name, field.value);
    }
    append_forwarding(out, exchange, options.loop_id);
    if (!options.trace_parent.empty()) line(out, "Traceparent", options.trace_parent);

    if (!options.range.empty()) line(out, "Range", options.range);
    if (!options.if_range.empty()) line(out, "If-Range", options.if_range);
    if (!options.validators.if_none_match.empty()) line(out, "If-None-Match", options.validators.if_none_match);
    if (!options.validators.if_modified_since.empty()) {
        line(out, "If-Modified-Since", options.validators.if_modified_since);
    }
    if (exchange.content_taken) {
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
