// What a proxy does with a request field, by its name alone. Pure; any thread; does not allocate.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace larder::policy {

enum class FieldRole : std::uint8_t {
    plain,       // passed on line by line: what its lines mean together is not known
    list,        // passed on as one line (RFC 9110 section 5.3)
    singleton,   // one value; a second line has no one reading
    cookie,      // passed on as one line, after the strategy's say
    condition,   // If-Match and its kin, Range, If-Range: the client's own
    connection,  // for this hop (RFC 9110 section 7.6.1)
    claim,       // says who the client is, or asks for another target, to an origin that believes it: never passed on
    written,     // Larder writes it: what the client sent is at most the beginning of its value
    trace,       // W3C trace context: the client's, or one that Larder begins
    override,    // names another method
};

// Those that the reading of a request looks at by themselves.
enum class KnownField : std::uint8_t {
    other,
    accept_encoding,
    accept_language,
    authorization,
    cache_control,
    cdn_loop,
    if_match,
    if_none_match,
    if_range,
    if_unmodified_since,
    max_forwards,
    pragma,
    range,
    te,
    traceparent,
    via,
    forwarded,    // RFC 7239
    x_forwarded,  // X-Forwarded-For, -Proto and -Host
};

struct RequestField {
    FieldRole role = FieldRole::plain;
    KnownField known = KnownField::other;
    bool is_list = false;       // several lines are one list
    bool is_singleton = false;  // several lines are refused
    std::uint8_t number = 0;    // of this name among those that are listed, from 1; 0: it is none of them
};
inline constexpr std::size_t max_request_field_number = 191;

RequestField request_field(std::string_view name);

// What an origin sees of such a field is not, or not only, what the client sent: a response that varies by it can be
// selected for nobody, unless it is in the key. Not so the fields that no origin ever sees, nor Host,
// whose value is in every key.
bool is_unselectable(std::string_view name);

// Names other than letters, digits and hyphens reach CGI-like origins as another field's (RFC 3875 section 4.1.18 maps
// X_A and X-A, and some servers X.A, to the same variable).
bool has_ambiguous_name(std::string_view name);

}  // namespace larder::policy
