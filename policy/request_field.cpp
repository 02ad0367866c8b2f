#include "policy/request_field.h"

#include <algorithm>
#include <array>

#include "policy/fields.h"

namespace larder::policy {
namespace {

using Role = FieldRole;
using Known = KnownField;

struct Row {
    std::string_view name;  // lower case
    Role role;
    Known known = Known::other;
};

// By length, so that a look-up compares with few.
constexpr auto rows = std::to_array<Row>({
    {"te", Role::connection, Known::te},
    {"via", Role::written, Known::via},
    {"uri", Role::claim},
    {"url", Role::claim},
    {"date", Role::singleton},
    {"from", Role::singleton},
    {"a-im", Role::list},
    {"range", Role::condition, Known::range},
    {"proxy", Role::claim},
    {"depth", Role::singleton},
    {"accept", Role::list},
    {"cookie", Role::cookie},
    {"origin", Role::singleton},
    {"pragma", Role::list, Known::pragma},
    {"prefer", Role::list},
    {"x-host", Role::claim},
    {"expect", Role::connection},
    {"cookie2", Role::claim},
    {"referer", Role::singleton},
    {"trailer", Role::connection},
    {"upgrade", Role::connection},
    {"warning", Role::list},
    {"x-proxy", Role::claim},
    {"base-url", Role::claim},
    {"cdn-loop", Role::written, Known::cdn_loop},
    {"http-url", Role::claim},
    {"if-match", Role::condition, Known::if_match},
    {"if-range", Role::condition, Known::if_range},
    {"priority", Role::list},
    {"x-scheme", Role::claim},
    {"client-ip", Role::claim},
    {"forwarded", Role::written, Known::forwarded},
    {"http-host", Role::claim},
    {"proxy-url", Role::claim},
    {"signature", Role::list},
    {"sec-ch-ua", Role::list},
    {"x-real-ip", Role::claim},
    {"x-dev-ip", Role::claim},
    {"connection", Role::connection},
    {"keep-alive", Role::connection},
    {"proxy-host", Role::claim},
    {"tracestate", Role::trace},
    {"user-agent", Role::singleton},
    {"x-real-url", Role::claim},
    {"cf-visitor", Role::claim},
    {"x-arr-ssl", Role::claim},
    {"client-cert", Role::claim},
    {"destination", Role::singleton},
    {"fastly-ssl", Role::claim},
    {"repr-digest", Role::list},
    {"request-uri", Role::claim},
    {"script-name", Role::claim},
    {"traceparent", Role::trace, Known::traceparent},
    {"want-digest", Role::list},
    {"x-client-ip", Role::claim},
    {"x-proxy-url", Role::claim},
    {"x-remote-ip", Role::claim},
    {"content-type", Role::singleton},
    {"max-forwards", Role::singleton, Known::max_forwards},
    {"x-proxy-host", Role::claim},
    {"x-url-scheme", Role::claim},
    {"accept-charset", Role::list},
    {"authorization", Role::singleton, Known::authorization},
    {"cache-control", Role::list, Known::cache_control},
    {"content-range", Role::singleton},
    {"if-none-match", Role::condition, Known::if_none_match},
    {"x-client-cert", Role::claim},
    {"x-forward-for", Role::claim},
    {"x-http-method", Role::override},
    {"x-invoke-path", Role::claim},
    {"x-original-ip", Role::claim},
    {"x-remote-addr", Role::claim},
    {"x-request-uri", Role::claim},
    {"x-rewrite-url", Role::claim},
    {"x-script-name", Role::claim},
    {"x-server-name", Role::claim},
    {"content-digest", Role::list},
    {"http2-settings", Role::connection},
    {"true-client-ip", Role::claim},
    {"x-backend-host", Role::claim},
    {"x-forward-host", Role::claim},
    {"x-matched-path", Role::claim},
    {"x-original-uri", Role::claim},
    {"x-original-url", Role::claim},
    {"x-override-url", Role::claim},
    {"content-length", Role::connection},
    {"x-proxyuser-ip", Role::claim},
    {"accept-datetime", Role::singleton},
    {"accept-encoding", Role::list, Known::accept_encoding},
    {"accept-language", Role::list, Known::accept_language},
    {"front-end-https", Role::claim},
    {"signature-input", Role::list},
    {"ssl-client-cert", Role::claim},
    {"x-accel-mapping", Role::claim},
    {"x-forward-proto", Role::claim},
    {"x-host-override", Role::claim},
    {"x-invoke-status", Role::claim},
    {"x-original-host", Role::claim},
    {"x-sendfile-type", Role::claim},
    {"x-originating-ip", Role::claim},
    {"accept-signature", Role::list},
    {"cf-connecting-ip", Role::claim},
    {"content-encoding", Role::list},
    {"content-language", Role::list},
    {"content-location", Role::singleton},
    {"fastly-client-ip", Role::claim},
    {"forwarded-proto", Role::claim},
    {"proxy-connection", Role::connection},
    {"want-repr-digest", Role::list},
    {"x-azure-clientip", Role::claim},
    {"client-cert-chain", Role::claim},
    {"if-modified-since", Role::condition},
    {"transfer-encoding", Role::connection},
    {"x-accel-redirect", Role::claim},
    {"x-method-override", Role::override},
    {"content-disposition", Role::singleton},
    {"if-unmodified-since", Role::condition, Known::if_unmodified_since},
    {"want-content-digest", Role::list},
    {"x-cluster-client-ip", Role::claim},
    {"x-envoy-original-path", Role::claim},
    {"proxy-authorization", Role::singleton},
    {"available-dictionary", Role::singleton},
    {"surrogate-capability", Role::claim},
    {"x-http-host-override", Role::claim},
    {"x-http-path-override", Role::claim},
    {"x-http-destinationurl", Role::claim},
    {"x-original-remote-addr", Role::claim},
    {"x-http-method-override", Role::override},
    {"x-middleware-subrequest", Role::claim},
    {"x-envoy-external-address", Role::claim},
    {"cloudfront-forwarded-proto", Role::claim},
    {"cloudfront-viewer-address", Role::claim},
    {"x-custom-ip-authorization", Role::claim},
    {"access-control-request-method", Role::singleton},
    {"access-control-request-headers", Role::list},
});
static_assert(rows.size() <= max_request_field_number);

constexpr std::size_t max_length = 32;

// rows, ordered by the length of the name; [begin[n], begin[n + 1]) have n bytes.
struct Index {
    std::array<Row, rows.size()> sorted{};
    std::array<std::uint8_t, max_length + 2> begin{};
};
constexpr Index make_index() {
    Index index;
    std::uint8_t next = 0;
    for (std::size_t length = 0; length <= max_length; ++length) {
        index.begin[length] = next;
        for (const Row& row : rows) {
            if (row.name.size() == length) index.sorted[next++] = row;
        }
    }
    index.begin[max_length + 1] = next;
    return index;
}
constexpr Index index_of_rows = make_index();
static_assert(index_of_rows.begin[max_length + 1] == rows.size());

bool begins_with(std::string_view name, std::string_view prefix) {
    return name.size() >= prefix.size() && same_name(name.substr(0, prefix.size()), prefix);
}

// The open families. X-Forwarded-For, -Proto and -Host are Larder's to write, their kin nobody's.
RequestField of_family(std::string_view name) {
    RequestField field;
    if (begins_with(name, "x-forwarded")) {
        const bool written = same_name(name, "x-forwarded-for") || same_name(name, "x-forwarded-proto") ||
                             same_name(name, "x-forwarded-host");
        field.role = written ? Role::written : Role::claim;
        if (written) field.known = Known::x_forwarded;
    } else if (begins_with(name, "x-ssl-") || same_name(name, "x-ssl")) {
        field.role = Role::claim;
    }
    return field;
}

RequestField of_row(const Row& row, std::uint8_t number) {
    RequestField field{row.role, row.known, row.role == Role::list, row.role == Role::singleton, number};
    if (row.role == Role::condition) {
        field.is_list = row.known == Known::if_match || row.known == Known::if_none_match;
        field.is_singleton = !field.is_list;
    }
    return field;
}

}  // namespace

RequestField request_field(std::string_view name) {
    if (name.size() <= max_length) {
        const std::size_t end = index_of_rows.begin[name.size() + 1];
        const auto lower_bit = [](char c) { return static_cast<char>(c | 0x20); };
        for (std::size_t i = index_of_rows.begin[name.size()]; i < end; ++i) {
            const Row& row = index_of_rows.sorted[i];
            if (row.name.front() == lower_bit(name.front()) && row.name.back() == lower_bit(name.back()) &&
                same_name(row.name, name)) {
                return of_row(row, static_cast<std::uint8_t>(i + 1));
            }
        }
    }
    if (name.size() > 4 && (name.front() == 'x' || name.front() == 'X')) return of_family(name);
    return {};
}

bool is_unselectable(std::string_view name) {
    const FieldRole role = request_field(name).role;
    return role == Role::written || role == Role::trace || role == Role::condition || same_name(name, "max-forwards");
}

bool has_ambiguous_name(std::string_view name) {
    return !std::all_of(name.begin(), name.end(), [](char c) {
        const char lower = static_cast<char>(c | 0x20);
        return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

}  // namespace larder::policy
