// Field names that mean something to the wire itself. Names compare without case. Pure; any thread.
#pragma once

#include <string_view>

namespace larder::proxy::h1 {

enum class KnownName { other, host, connection, content_length, transfer_encoding, expect, upgrade, http2_settings };

KnownName known_name(std::string_view name);

// Fields that a client must not have removed by naming them in Connection: they decide framing, routing, authority or
// caching, and are end-to-end (RFC 9110 section 7.6.1).
bool protected_from_connection(std::string_view name);

// `_` spellings of framing and forwarding fields, such as Content_Length: a CGI-like origin cannot tell them from the
// real ones (RFC 3875 section 4.1.18).
bool spells_wire_name_with_underscore(std::string_view name);

// Whether a field may be passed on in a trailer section. Framing, routing, request control, authentication, caching and
// description of the content are not (RFC 9110 section 6.5.1).
bool may_be_trailer(std::string_view name);

}  // namespace larder::proxy::h1
