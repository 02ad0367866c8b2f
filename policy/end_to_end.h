// Which fields are meant for the next hop only, and which are stored (RFC 9110 section 7.6.1, RFC 9111 section 3.1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/fields.h"
#include "policy/response.h"

namespace larder::policy {

// The fields of one message that must not be forwarded: those that are always hop-by-hop, and those that its Connection
// names. Some are never taken to be named there, since a message without them means something else: Host,
// Content-Length, Cache-Control, Authorization, Cookie, Forwarded, X-Forwarded-*, CDN-Loop. Views into the message. Any
// thread.
class HopByHop {
  public:
    explicit HopByHop(const Fields& message);
    bool contains(std::string_view name) const;
    // Connection names it.
    bool is_named(std::string_view name) const;

  private:
    std::vector<std::string_view> named_;
};

// Whether a field is one of those.
bool protected_from_connection(std::string_view name);

// A field that speaks to caches like this one, and that clients do not get where the strategy strips such:
// Surrogate-Key, Cache-Tag, xkey, Surrogate-Control, Larder-Cache-Control. Cache-Groups and CDN-Cache-Control are for
// others too.
bool is_surrogate_field(std::string_view name);

// Appends "Name: value\r\n" for each field that may be forwarded; not Content-Length, which whoever sends writes anew.
// `strip`: not those that is_surrogate_field() tells.
void append_end_to_end(std::string& out, const Fields& message, bool strip = false);

// The fields of one response that are stored. Left out beside hop-by-hop ones: Age and Content-Length
// (made anew when it is sent), Proxy-Authenticate, Proxy-Authentication-Info, Proxy-Authorization, X-Accel-*,
// X-Sendfile (they are for a proxy), Set-Cookie where the strategy strips it, and where it takes qualified directives
// the fields that no-cache="f" and private="f" name. Views into the response. Any thread.
class StoredFields {
  public:
    StoredFields(const Fields& response, const Rules&);
    bool keeps(std::string_view name) const;

  private:
    HopByHop hop_by_hop_;
    std::vector<std::string> unstored_;  // lower case
    bool strips_cookies_;
};

// "Name: value\r\n" for each field that is kept; those that clients do not get at the end. A Date is put in where there
// is none (RFC 9110 section 6.6.1). Pure.
struct StoredText {
    std::string text;
    std::uint32_t hidden = 0;  // bytes at its end that clients do not get
};
StoredText stored_fields(const Response&, const Rules&);

}  // namespace larder::policy
