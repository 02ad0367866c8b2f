#include "proxy/h1/known_names.h"

#include <algorithm>
#include <array>

#include "policy/end_to_end.h"
#include "policy/fields.h"

namespace larder::proxy::h1 {
namespace {

using policy::same_name;

bool starts_with(std::string_view name, std::string_view prefix) {
    return name.size() >= prefix.size() && same_name(name.substr(0, prefix.size()), prefix);
}

template <std::size_t N>
bool one_of(std::string_view name, const std::array<std::string_view, N>& names) {
    return std::any_of(names.begin(), names.end(), [&](std::string_view other) { return same_name(name, other); });
}

constexpr auto wire_names = std::to_array<std::string_view>(
    {"content-length", "transfer-encoding", "http2-settings", "keep-alive", "proxy-connection", "proxy-authorization",
     "max-forwards", "x-real-ip", "x-host", "x-original-url", "x-rewrite-url", "x-http-method",
     "x-http-method-override", "x-method-override"});

constexpr auto not_in_trailers = std::to_array<std::string_view>({"transfer-encoding",
                                                                  "trailer",
                                                                  "te",
                                                                  "host",
                                                                  "connection",
                                                                  "keep-alive",
                                                                  "upgrade",
                                                                  "via",
                                                                  "forwarded",
                                                                  "expect",
                                                                  "max-forwards",
                                                                  "pragma",
                                                                  "range",
                                                                  "authorization",
                                                                  "www-authenticate",
                                                                  "authentication-info",
                                                                  "cookie",
                                                                  "set-cookie",
                                                                  "age",
                                                                  "cache-control",
                                                                  "cdn-cache-control",
                                                                  "surrogate-control",
                                                                  "cache-status",
                                                                  "expires",
                                                                  "date",
                                                                  "location",
                                                                  "retry-after",
                                                                  "vary",
                                                                  "warning",
                                                                  "http2-settings",
                                                                  "x-http-method-override",
                                                                  "x-original-url",
                                                                  "x-rewrite-url"});

}  // namespace

KnownName known_name(std::string_view name) {
    const auto when = [name](std::string_view other, KnownName known) {
        return same_name(name, other) ? known : KnownName::other;
    };
    switch (name.size()) {
        case 4:
            return when("host", KnownName::host);
        case 6:
            return when("expect", KnownName::expect);
        case 7:
            return when("upgrade", KnownName::upgrade);
        case 10:
            return when("connection", KnownName::connection);
        case 14:
            return (name[0] | 0x20) == 'c' ? when("content-length", KnownName::content_length)
                                           : when("http2-settings", KnownName::http2_settings);
        case 17:
            return when("transfer-encoding", KnownName::transfer_encoding);
        default:
            return KnownName::other;
    }
}

bool protected_from_connection(std::string_view name) {
    // Without these two a message would end elsewhere, or not begin.
    return policy::protected_from_connection(name) || same_name(name, "transfer-encoding") || same_name(name, "expect");
}

bool spells_wire_name_with_underscore(std::string_view name) {
    constexpr std::size_t longest = 32;
    if (name.find('_') == std::string_view::npos) return false;
    std::array<char, longest> dashed;
    const std::size_t size = std::min(name.size(), longest);
    std::replace_copy(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(size), dashed.begin(), '_', '-');
    const std::string_view spelled(dashed.data(), size);
    return starts_with(spelled, "x-forwarded-") || (name.size() < longest && one_of(spelled, wire_names));
}

bool may_be_trailer(std::string_view name) {
    if (same_name(name, "content-digest")) return true;  // made for trailers: RFC 9530 section 2
    for (const std::string_view prefix : {"content-", "if-", "proxy-", "x-forwarded-"}) {
        if (starts_with(name, prefix)) return false;
    }
    return !one_of(name, not_in_trailers) && !spells_wire_name_with_underscore(name);
}

}  // namespace larder::proxy::h1
