// A response head, judged: from an origin's bytes to a value that has one reading under RFC 9112, or a fault.
//
// Pure; any thread. All views point into the bytes that were parsed. Reuse a ResponseHead to allocate nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "policy/fields.h"
#include "proxy/h1/framing.h"
#include "proxy/h1/limits.h"

namespace larder::proxy::h1 {

struct ResponseHead {
    int status = 0;           // 100 to 999; 1xx heads, 101 too, are reported like any other and are not the last
    int minor = 1;            // HTTP/1.minor: 0 or 1
    std::string_view reason;  // for the log; what is sent on comes from reason_phrase()
    // Without Transfer-Encoding and HTTP2-Settings. Content-Length is one line with one number: with HEAD and 304 it
    // describes a representation that is not there. Connection and the fields it names are still there.
    policy::Fields fields;
    BodyFraming framing = BodyFraming::none;
    bool has_content_length = false;   // whatever the framing
    std::uint64_t content_length = 0;  // of the body with BodyFraming::length, else of what HEAD or 304 speak of
    bool keep_alive = true;            // the connection may be used again once the body has ended where it should
    std::size_t size = 0;              // bytes of the head

    void clear();  // keeps the capacity of `fields`
};

// `bytes` is exactly one head as HeadScanner found it. Returns nullptr, or in words what is wrong: the answer is then
// 502, nothing is stored and the connection is closed (RFC 9112 section 6.3). After a fault `head` holds what was read
// so far.
const char* parse_response_head(std::string_view bytes, const HeadLimits& limits, bool request_was_head,
                                ResponseHead& head);

}  // namespace larder::proxy::h1
