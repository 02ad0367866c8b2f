#include "policy/end_to_end.h"

#include <algorithm>
#include <array>

#include "policy/date.h"

namespace larder::policy {

namespace {

constexpr std::array<std::string_view, 8> always_hop_by_hop = {
    "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "HTTP2-Settings"};

constexpr std::array<std::string_view, 7> protected_names = {
    "Host", "Content-Length", "Cache-Control", "Authorization", "Cookie", "Forwarded", "CDN-Loop"};

constexpr std::array<std::string_view, 6> never_stored = {
    "Age", "Content-Length", "Proxy-Authenticate", "Proxy-Authentication-Info", "Proxy-Authorization", "X-Sendfile"};

constexpr std::array<std::string_view, 5> surrogate_names = {"Surrogate-Key", "Cache-Tag", "xkey", "Surrogate-Control",
                                                             "Larder-Cache-Control"};

template <class Names>
bool among(const Names& names, std::string_view name) {
    return std::any_of(names.begin(), names.end(), [&](std::string_view known) { return same_name(known, name); });
}

bool begins_with(std::string_view name, std::string_view prefix) {
    return same_name(name.substr(0, prefix.size()), prefix);
}

}  // namespace

bool protected_from_connection(std::string_view name) {
    return among(protected_names, name) || begins_with(name, "X-Forwarded-");
}

HopByHop::HopByHop(const Fields& message) {
    for_each_element(message, "Connection", [&](std::string_view name) {
        const bool option = same_name(name, "close") || same_name(name, "keep-alive");
        if (!option && !protected_from_connection(name)) named_.push_back(name);
        return true;
    });
}

bool HopByHop::contains(std::string_view name) const {
    return among(always_hop_by_hop, name) || is_named(name);
}

bool HopByHop::is_named(std::string_view name) const {
    return !named_.empty() && among(named_, name);
}

bool is_surrogate_field(std::string_view name) {
    return among(surrogate_names, name);
}

void append_end_to_end(std::string& out, const Fields& message, bool strip) {
    const HopByHop hop_by_hop(message);
    for (const Field& field : message) {
        if (strip && is_surrogate_field(field.name)) continue;
        if (hop_by_hop.contains(field.name) || same_name(field.name, "content-length")) continue;
        out.append(field.name).append(": ").append(field.value).append("\r\n");
    }
}

StoredFields::StoredFields(const Fields& response, const Rules& rules)
    : hop_by_hop_(response), strips_cookies_(rules.configuration.set_cookie == config::SetCookie::strip) {
    if (!rules.configuration.qualified_directives) return;
    // RFC 9111 section 5.2.2.7; what no-cache names is left out too, so that it is never sent without validation.
    ResponseDirectives directives = effective_directives(response, rules);
    unstored_ = std::move(directives.private_fields);
    for (std::string& name : directives.no_cache_fields) unstored_.push_back(std::move(name));
}

bool StoredFields::keeps(std::string_view name) const {
    if (hop_by_hop_.contains(name) || among(never_stored, name) || begins_with(name, "X-Accel-")) return false;
    if (strips_cookies_ && (same_name(name, "Set-Cookie") || same_name(name, "Set-Cookie2"))) return false;
    return !among(unstored_, name);
}

StoredText stored_fields(const Response& response, const Rules& rules) {
    const StoredFields filter(response.fields, rules);
    const bool strip = rules.configuration.surrogate_fields == config::SurrogateFields::strip;
    std::string text, hidden;
    const auto add = [](std::string& to, std::string_view name, std::string_view value) {
        to.append(name).append(": ").append(value).append("\r\n");
    };
    for (const Field& field : response.fields) {
        if (filter.keeps(field.name))
            add(strip && is_surrogate_field(field.name) ? hidden : text, field.name, field.value);
    }
    if (!response.fields.has("Date") || !filter.keeps("Date")) add(text, "Date", http_date(response.response_time));
    return {text + hidden, static_cast<std::uint32_t>(hidden.size())};
}

}  // namespace larder::policy
