#include "proxy/identify.h"

#include "policy/cdn_loop.h"
#include "policy/key.h"
#include "policy/negotiation.h"
#include "policy/pattern_index.h"
#include "policy/query.h"
#include "policy/range.h"
#include "policy/response.h"
#include "policy/trace_context.h"
#include "policy/vary.h"
#include "proxy/content.h"
#include "proxy/forward.h"
#include "proxy/trusted.h"
#include "proxy/upstream/upstream.h"

namespace larder::proxy {
namespace {

using policy::same_name;

// What decides the way of a request by being there.
void notice(Exchange& exchange, const policy::Fields& received) {
    using policy::KnownField;
    policy::ForwardedFields& request = exchange.request;
    exchange.range =
        (request.has(KnownField::range) || request.has(KnownField::if_range)) && policy::may_forward_range(received);
    exchange.to_origin = request.has(KnownField::if_match) || request.has(KnownField::if_unmodified_since);
    if (request.has(KnownField::te)) {
        policy::for_each_element(received, "TE", [&](std::string_view coding) {
            exchange.takes_trailers |= same_name(coding, "trailers");
            return true;
        });
    }
}

using Canonical = bool (*)(std::string&, std::string_view, const std::vector<std::string>&);

void make(Exchange::Normalised& value, std::string_view received, const policy::Rules& rules, Canonical canonical,
          const std::vector<std::string>& offered) {
    if (value.rules == rules.fingerprint && value.from == received) return;
    constexpr std::size_t most_remembered = 512;  // on an idle connection, for what it may save
    value.rules = received.size() <= most_remembered ? rules.fingerprint : 0;
    value.from = received.substr(0, most_remembered);
    value.canonical = canonical(value.text, received, offered);
}

// What is not of the grammar stays as it is.
void normalise(Exchange& exchange, policy::ForwardingRules& forwarding) {
    using policy::KnownField;
    const policy::Rules& rules = exchange.strategy->rules;
    const auto& strategy = rules.configuration;
    const auto normalised = [&](KnownField field, std::string_view name) {
        return exchange.request.has(field) && policy::vary_policy(strategy, name) == config::VaryPolicy::normalise;
    };
    if (normalised(KnownField::accept_encoding, "accept-encoding")) {
        make(exchange.encodings, exchange.request.value(KnownField::accept_encoding), rules,
             policy::canonical_encodings, strategy.offered_encodings);
        if (exchange.encodings.canonical) forwarding.encodings = &exchange.encodings.text;
    }
    if (normalised(KnownField::accept_language, "accept-language")) {
        make(exchange.languages, exchange.request.value(KnownField::accept_language), rules,
             policy::canonical_languages, strategy.offered_languages);
        if (!exchange.languages.canonical) return;
        forwarding.languages = &exchange.languages.text;
        exchange.first_language = policy::first_language(exchange.languages.text);
    }
}

// Fields that the strategy has in the key although Larder writes them. Their text is in `text`.
void write_keyed(const Exchange& exchange, std::vector<std::string>& text, policy::Fields& written) {
    const auto& names = exchange.strategy->rules.configuration.key_fields;
    text.reserve(names.size());
    for (const std::string& name : names) {
        if (policy::request_field(name).role != policy::FieldRole::written) continue;
        text.push_back(written_value(exchange, name));
        written.add(name, text.back());
    }
}

// Everything that the origin gets beside the target.
void settle_fields(Exchange& exchange, const policy::Fields& received) {
    policy::ForwardingRules forwarding;
    forwarding.no_ranges = !exchange.range;
    if (exchange.route) forwarding.route = &exchange.route->settings.request_fields;
    const bool by_content = stored_by_content(exchange);
    forwarding.reads = exchange.get || exchange.head || by_content;
    forwarding.new_trace = exchange.new_trace =
        exchange.running->config.trace_context == config::TraceContext::make &&
        !(exchange.request.has(policy::KnownField::traceparent) && policy::has_trace_parent(received));
    std::vector<std::string> text;
    policy::Fields written;
    if (exchange.strategy) {
        forwarding.strategy = &exchange.strategy->rules.configuration;
        const bool content_known = by_content || !exchange.has_body;
        forwarding.storable = content_known && !exchange.to_origin && exchange.upgrade.empty();
        if (forwarding.reads) normalise(exchange, forwarding);
        write_keyed(exchange, text, written);
        if (!written.empty()) forwarding.written = &written;
    }
    exchange.request.settle(forwarding);
    exchange.fields = &exchange.request.fields();
}

// The target's text after the query selection.
void select_target(Exchange& exchange) {
    exchange.selected = exchange.target.text;
    if (!exchange.strategy || !exchange.strategy->pattern.query) return;
    exchange.selected_text.assign(exchange.target.path());
    const std::size_t path = exchange.selected_text.size();
    exchange.selected_text += '?';
    policy::append_selected(exchange.selected_text, exchange.target.query(), *exchange.strategy->pattern.query);
    if (exchange.selected_text.size() == path + 1) exchange.selected_text.pop_back();
    exchange.selected = exchange.selected_text;
}

void choose_strategy(const Running& running, Exchange& exchange) {
    exchange.strategy = running.strategies.find(policy::host_of(exchange.authority), exchange.target.path());
    select_target(exchange);
}

}  // namespace

void Exchange::clear() {
    // Strings keep their capacity: a connection's exchanges reuse one Exchange.
    method = {};
    request.clear();
    fields = &request.fields();
    new_trace = false;
    has_body = false;
    body_length.reset();
    expects_continue = content_taken = by_content = false;
    if (content_room) std::string().swap(content);
    content_room.reset();
    upgrade = {};
    authority.clear();
    route = nullptr;
    upstream = nullptr;
    strategy = nullptr;
    selected = {};
    first_language = {};
    get = head = range = to_origin = personal = has_credentials = takes_trailers = false;
    directives = {};
    result = Result::bypass;
    cache = {};
    refused = policy::StoreVerdict::storable;
    status = 0;
    bytes = 0;
    upstream_name = {};
}

h1::Refusal identify(const Shared& shared, const h1::RequestHead& head, bool tls, Exchange& exchange) {
    exchange.clear();
    exchange.method = head.method;
    exchange.minor = head.minor;
    exchange.get = head.method == "GET";
    exchange.head = head.method == "HEAD";
    exchange.has_body = head.framing == h1::BodyFraming::chunked || head.content_length > 0;
    if (head.framing == h1::BodyFraming::length) exchange.body_length = head.content_length;
    exchange.expects_continue = head.expect_continue;
    if (head.upgrade) exchange.upgrade = head.upgrade_protocol;
    exchange.https = tls;
    exchange.client = exchange.peer;
    if (exchange.peer_text.empty()) exchange.peer_text = text_of(exchange.peer);

    const bool drops_ambiguous = exchange.running->config.limits.underscore_fields == config::UnderscoreFields::drop;
    if (const char* const fault = exchange.request.read(head.fields, drops_ambiguous)) return {400, fault};
    exchange.fields = &exchange.request.fields();
    notice(exchange, head.fields);
    bool host_present = head.host_present;
    std::string_view host = head.host;
    if (exchange.peer_trusted && (exchange.request.has(policy::KnownField::forwarded) ||
                                  exchange.request.has(policy::KnownField::x_forwarded))) {
        const Said said = what_is_said(exchange.request.chains(), exchange.believed, *exchange.trusted_ranges);
        if (said.client) exchange.client = *said.client;
        if (!said.proto.empty()) exchange.https = same_name(said.proto, "https");
        if (!said.host.empty()) {
            host_present = true;
            host = said.host;
        }
    }

    auto verdict = policy::canonical_target(head.target, head.method, exchange.target);
    if (verdict == policy::TargetVerdict::fine) {
        verdict = policy::request_authority(exchange.target, host_present, host, exchange.https, exchange.authority);
    }
    if (verdict != policy::TargetVerdict::fine) return {policy::status(verdict), policy::word(verdict)};

    if (exchange.target.text == "*") {
        settle_fields(exchange, head.fields);
        return {};
    }
    const Running& running = *exchange.running;
    exchange.route = running.routes.find(policy::host_of(exchange.authority), exchange.target.path());
    if (!exchange.route) return {404, "no route for this host and path"};
    if (!exchange.route->settings.upgrade) exchange.upgrade = {};  // RFC 9110 section 7.8: it may be ignored
    exchange.upstream = running.upstreams[exchange.route->upstream].get();
    exchange.upstream_name = exchange.upstream->settings().name;
    if (exchange.authority.empty()) {
        // HTTP/1.0 without Host: the upstream's first server names it, as it would for a request made to it directly.
        exchange.authority = exchange.upstream->servers().front()->authority();
    }
    choose_strategy(running, exchange);
    settle_fields(exchange, head.fields);
    exchange.has_credentials = exchange.fields->has("Authorization") || exchange.fields->has("Cookie");
    if (exchange.strategy) {
        const policy::Rules& rules = exchange.strategy->rules;
        exchange.key = policy::make_key(exchange.key_text, exchange.scheme(), exchange.authority, exchange.selected,
                                        *exchange.fields, rules.configuration, shared.hash_seed);
        const policy::Request request{exchange.method, *exchange.fields, exchange.has_body};
        exchange.personal = policy::personal(request, rules);
        exchange.has_credentials |= exchange.personal;
        exchange.status_detail |= rules.configuration.cache_status_detail;
    }
    if (exchange.request.has(policy::KnownField::cache_control) || exchange.request.has(policy::KnownField::pragma)) {
        exchange.directives = policy::parse_request_directives(*exchange.fields);
    }
    return {};
}

std::optional<std::string> key_of_url(const Shared& shared, std::string_view url) {
    // What is behind a space are key fields of a key text as the admin API shows it.
    const std::size_t space = url.find(' ');
    const std::string_view behind = space == std::string_view::npos ? std::string_view{} : url.substr(space);
    Exchange exchange;
    if (policy::canonical_target(url.substr(0, space), "GET", exchange.target) != policy::TargetVerdict::fine) {
        return std::nullopt;
    }
    if (exchange.target.scheme.empty()) return std::nullopt;
    exchange.https = exchange.target.scheme == "https";
    if (!policy::canonical_authority(exchange.target.authority, exchange.https, exchange.authority)) {
        return std::nullopt;
    }
    choose_strategy(*shared.running(), exchange);
    std::string key = std::string(exchange.scheme()) + "://" + exchange.authority;
    key += exchange.selected;
    key += behind;
    return key;
}

DetachedExchange::DetachedExchange(const Exchange& from) : exchange(from), method_(from.method) {
    exchange.method = method_;
    exchange.fields = &exchange.request.fields();
    exchange.first_language =
        from.first_language.empty() ? std::string_view() : policy::first_language(exchange.languages.text);
    exchange.upgrade = {};
    exchange.target.authority = {};
    exchange.key.text = exchange.key_text;
    exchange.selected = exchange.strategy && exchange.strategy->pattern.query ? std::string_view(exchange.selected_text)
                                                                              : exchange.target.text;
}

}  // namespace larder::proxy
