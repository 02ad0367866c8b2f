// A request head, judged: from bytes to a value that has one reading under RFC 9112, or a refusal.
//
// Pure; any thread. All views point into the bytes that were parsed. A RequestHead is reused from request to request of
// a connection and then allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "policy/fields.h"
#include "proxy/h1/framing.h"
#include "proxy/h1/limits.h"

namespace larder::proxy::h1 {

struct RequestHead {
    std::string_view method;  // case-sensitive (RFC 9110 section 9.1); never CONNECT or TRACE
    std::string_view target;  // as received, without SP, CTL and DEL; policy::canonical_target judges the rest
    int minor = 1;            // HTTP/1.minor: 0 or 1
    // Without what became a member (Host, Content-Length, Transfer-Encoding, Expect, Upgrade), without HTTP2-Settings
    // and without `_` spellings of framing and forwarding fields. Connection and the fields it names are still there.
    policy::Fields fields;
    BodyFraming framing = BodyFraming::none;  // none: no body, not even an empty one
    std::uint64_t content_length = 0;         // with BodyFraming::length
    bool keep_alive = true;                   // as far as the client is concerned
    bool expect_continue = false;             // the client waits for 100 before its body
    bool host_present = false;
    std::string_view host;  // as received; policy::request_authority judges it
    bool upgrade = false;   // one protocol asked for, named by Connection, on a request without a body
    std::string_view upgrade_protocol;
    std::size_t size = 0;  // bytes of the head

    void clear();  // keeps the capacity of `fields`
};

// Why a request is not served. The connection is closed after the answer: where the next request begins is not known.
struct Refusal {
    int status = 0;  // 0: none. Else 400, 405, 417, 431, 501 or 505
    const char* reason = "";
    explicit operator bool() const { return status != 0; }
};

// `bytes` is exactly one head as HeadScanner found it, leading empty lines included. Sizes were the scanner's matter;
// the number of fields is judged here. After a refusal `head` holds what was read so far, for the log.
Refusal parse_request_head(std::string_view bytes, const HeadLimits& limits, RequestHead& head);

}  // namespace larder::proxy::h1
