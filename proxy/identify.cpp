#include "proxy/identify.h"

#include "policy/key.h"
#include "policy/negotiation.h"
#include "policy/pattern_index.h"
#include "policy/query.h"
#include "policy/response.h"
#include "policy/vary.h"
#include "proxy/content.h"
#include "proxy/trusted.h"
#include "proxy/upstream/upstream.h"

namespace larder::proxy {
namespace {

using policy::same_name;

// One pass over the fields for everything that decides the way of a request.
struct Noticed {
    static constexpr std::size_t nowhere = ~std::size_t{0}, several = nowhere - 1;

    bool cache_control = false;
    bool forwarded = false;
    std::size_t encodings = nowhere;  // where Accept-Encoding is
    std::size_t languages = nowhere;  // where Accept-Language is

    static void place(std::size_t& at, std::size_t index) { at = at == nowhere ? index : several; }
};

Noticed notice(Exchange& exchange, const policy::Fields& fields) {
    Noticed noticed;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const policy::Field& field = fields[i];
        const std::string_view name = field.name;
        switch (name.size()) {
            case 2:
                if (same_name(name, "te")) {
                    policy::for_each_element(field.value, [&](std::string_view coding) {
                        exchange.takes_trailers |= same_name(coding, "trailers");
                        return true;
                    });
                }
                break;
            case 5:
                exchange.range |= same_name(name, "range");
                break;
            case 6:
                noticed.cache_control |= same_name(name, "pragma");
                break;
            case 8:
                exchange.range |= same_name(name, "if-range");
                exchange.to_origin |= same_name(name, "if-match");
                break;
            case 9:
                noticed.forwarded |= same_name(name, "forwarded");
                break;
            case 13:
                noticed.cache_control |= same_name(name, "cache-control");
                break;
            case 15:
                if (same_name(name, "accept-encoding")) Noticed::place(noticed.encodings, i);
                if (same_name(name, "accept-language")) Noticed::place(noticed.languages, i);
                noticed.forwarded |= same_name(name.substr(0, 12), "x-forwarded-");
                break;
            case 19:
                exchange.to_origin |= same_name(name, "if-unmodified-since");
                break;
            default:
                if (name.size() == 16 || name.size() == 17) {
                    noticed.forwarded |= same_name(name.substr(0, 12), "x-forwarded-");
                }
        }
    }
    return noticed;
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

// In one line, as nearly all clients send them. What is not of the grammar stays as it is.
void normalise(Exchange& exchange, const Noticed& noticed) {
    const policy::Rules& rules = exchange.strategy->rules;
    const auto& strategy = rules.configuration;
    policy::Fields& fields = *exchange.fields;
    const auto normalised = [&](std::size_t at, std::string_view name) {
        return at < fields.size() && policy::vary_policy(strategy, name) == config::VaryPolicy::normalise;
    };
    if (normalised(noticed.encodings, "accept-encoding")) {
        make(exchange.encodings, fields[noticed.encodings].value, rules, policy::canonical_encodings,
             strategy.offered_encodings);
        if (exchange.encodings.canonical) fields.replace_value(noticed.encodings, exchange.encodings.text);
    }
    if (normalised(noticed.languages, "accept-language")) {
        make(exchange.languages, fields[noticed.languages].value, rules, policy::canonical_languages,
             strategy.offered_languages);
        if (!exchange.languages.canonical) return;
        fields.replace_value(noticed.languages, exchange.languages.text);
        exchange.first_language = policy::first_language(exchange.languages.text);
        if (exchange.languages.text.empty()) fields.remove(noticed.languages);
    }
}

void choose_key(const Shared& shared, const Running& running, const Noticed& noticed, Exchange& exchange) {
    const std::string_view host = policy::host_of(exchange.authority);
    exchange.strategy = running.strategies.find(host, exchange.target.path());
    exchange.selected = exchange.target.text;
    if (!exchange.strategy) return;
    const policy::Strategy& strategy = *exchange.strategy;
    if (exchange.get || exchange.head || stored_by_content(exchange)) normalise(exchange, noticed);
    if (strategy.pattern.query) {
        exchange.selected_text.assign(exchange.target.path());
        const std::size_t path = exchange.selected_text.size();
        exchange.selected_text += '?';
        policy::append_selected(exchange.selected_text, exchange.target.query(), *strategy.pattern.query);
        if (exchange.selected_text.size() == path + 1) exchange.selected_text.pop_back();
        exchange.selected = exchange.selected_text;
    }
    exchange.key = policy::make_key(exchange.key_text, exchange.scheme(), exchange.authority, exchange.selected,
                                    *exchange.fields, strategy.rules.configuration, shared.hash_seed);
}

}  // namespace

void Exchange::clear() {
    // Strings keep their capacity: a connection's exchanges reuse one Exchange.
    method = {};
    fields = nullptr;
    has_body = false;
    body_length.reset();
    expects_continue = by_content = false;
    content.clear();
    upgrade = {};
    authority.clear();
    route = nullptr;
    upstream = nullptr;
    strategy = nullptr;
    selected = {};
    first_language = {};
    get = head = range = to_origin = personal = takes_trailers = false;
    directives = {};
    result = Result::bypass;
    cache = {};
    refused = policy::StoreVerdict::storable;
    status = 0;
    bytes = 0;
    upstream_name = {};
}

h1::Refusal identify(const Shared& shared, h1::RequestHead& head, bool tls, Exchange& exchange) {
    exchange.clear();
    exchange.method = head.method;
    exchange.minor = head.minor;
    exchange.fields = &head.fields;
    exchange.get = head.method == "GET";
    exchange.head = head.method == "HEAD";
    exchange.has_body = head.framing == h1::BodyFraming::chunked || head.content_length > 0;
    if (head.framing == h1::BodyFraming::length) exchange.body_length = head.content_length;
    exchange.expects_continue = head.expect_continue;
    if (head.upgrade) exchange.upgrade = head.upgrade_protocol;
    exchange.https = tls;
    exchange.client = exchange.peer;
    if (exchange.peer_text.empty()) exchange.peer_text = text_of(exchange.peer);

    const Noticed noticed = notice(exchange, head.fields);
    bool host_present = head.host_present;
    std::string_view host = head.host;
    if (noticed.forwarded && exchange.peer_trusted) {
        const Said said = what_is_said(head.fields, *exchange.trusted_ranges);
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

    if (exchange.target.text == "*") return {};
    const Running& running = *exchange.running;
    exchange.route = running.routes.find(policy::host_of(exchange.authority), exchange.target.path());
    if (!exchange.route) return {404, "no route for this host and path"};
    exchange.upstream = running.upstreams[exchange.route->upstream].get();
    exchange.upstream_name = exchange.upstream->settings().name;
    if (exchange.authority.empty()) {
        // HTTP/1.0 without Host: the upstream's first server names it, as it would for a request made to it directly.
        exchange.authority = exchange.upstream->servers().front()->authority();
    }
    choose_key(shared, running, noticed, exchange);
    if (exchange.strategy) {
        exchange.personal =
            policy::personal({exchange.method, head.fields, exchange.has_body}, exchange.strategy->rules);
        exchange.status_detail |= exchange.strategy->rules.configuration.cache_status_detail;
    }
    if (noticed.cache_control) exchange.directives = policy::parse_request_directives(head.fields);
    return {};
}

std::optional<std::string> key_of_url(const Shared& shared, std::string_view url) {
    // What is behind a space are key fields of a key text as the admin API shows it.
    const std::size_t space = url.find(' ');
    const std::string_view behind = space == std::string_view::npos ? std::string_view{} : url.substr(space);
    Exchange exchange;
    policy::Fields none;
    exchange.fields = &none;
    if (policy::canonical_target(url.substr(0, space), "GET", exchange.target) != policy::TargetVerdict::fine) {
        return std::nullopt;
    }
    if (exchange.target.scheme.empty()) return std::nullopt;
    exchange.https = exchange.target.scheme == "https";
    if (!policy::canonical_authority(exchange.target.authority, exchange.https, exchange.authority)) {
        return std::nullopt;
    }
    choose_key(shared, *shared.running(), Noticed(), exchange);
    std::string key = std::string(exchange.scheme()) + "://" + exchange.authority;
    key += exchange.selected;
    key += behind;
    return key;
}

DetachedExchange::DetachedExchange(const Exchange& from) : exchange(from) {
    std::size_t size = from.method.size();
    for (const policy::Field& field : *from.fields) size += field.name.size() + field.value.size();
    bytes_.reserve(size);  // the views below must not move
    const auto keep = [&](std::string_view text) {
        const std::size_t at = bytes_.size();
        bytes_ += text;
        return std::string_view(bytes_).substr(at);
    };
    exchange.method = keep(from.method);
    for (const policy::Field& field : *from.fields) {
        const std::string_view name = keep(field.name);
        fields_.add(name, keep(field.value));
    }
    exchange.fields = &fields_;
    exchange.first_language =
        from.first_language.empty() ? std::string_view() : policy::first_language(exchange.languages.text);
    exchange.upgrade = {};
    exchange.target.authority = {};
    exchange.key.text = exchange.key_text;
    exchange.selected = exchange.strategy && exchange.strategy->pattern.query ? std::string_view(exchange.selected_text)
                                                                              : exchange.target.text;
}

}  // namespace larder::proxy
