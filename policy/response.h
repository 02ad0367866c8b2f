// What the caching rules see of an exchange. Views: they live as long as the messages that they were made from.
#pragma once

#include <optional>
#include <string_view>

#include "policy/cache_control.h"
#include "policy/fields.h"
#include "policy/rules.h"
#include "storage/time.h"

namespace larder::policy {

using storage::UnixTime;

// As the origin was asked: without Range and conditions where a fill drops the client's.
struct Request {
    std::string_view method;
    const Fields& fields;
    bool has_body = false;
    bool content_in_key = false;  // QUERY (RFC 10008), or a POST that the strategy treats alike
};

struct Response {
    int status = 0;
    const Fields& fields;
    UnixTime request_time = 0;     // when the request was sent
    UnixTime response_time = 0;    // when the head of the response came in
    bool leads_to_itself = false;  // Location is the request's own URL, or one that is stored under the same key
};

// Date, or the time of receipt where it is missing or invalid (RFC 9110 section 6.6.1).
UnixTime date_of(const Response&);
// nullopt: missing, or not a date.
std::optional<UnixTime> last_modified_of(const Response&);
// ETag or a valid Last-Modified is there (RFC 9110 section 8.8).
bool has_validator(const Response&);

// The request has a cookie that the strategy neither ignores nor has in the key.
bool unkeyed_cookie(const Request&, const Rules&);

// The request has Authorization, or one of personal_fields that is not in the key.
bool has_credentials(const Request&, const Rules&);

// The request carries what may make its response personal: such credentials, or such a cookie.
bool personal(const Request&, const Rules&);

// Cache-Control, or what stands in its place (policy/targeted.h), as this strategy obeys it: without what it lifts;
// no-cache="f" and private="f" as if without names, unless the strategy takes them per field (then the fields are left
// out of what is stored: policy/end_to_end.h); more than 64 names count as none.
ResponseDirectives effective_directives(const Fields& response, const Rules&);

// May be stored by its status alone (RFC 9110 section 15.1).
bool heuristically_cacheable(int status);

bool lifted(const Rules&, std::string_view what);

}  // namespace larder::policy
