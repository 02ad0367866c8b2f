// What can go wrong between Larder and an origin: one word for events and metrics, one error type of RFC 9209 for
// Proxy-Status, one status for the client.
#pragma once

namespace larder::proxy {

enum class UpstreamError {
    none,
    dns,  // the name has never resolved
    connect_refused,
    connect_failed,  // unreachable, reset while connecting, no descriptor left
    connect_timeout,
    tls,        // handshake or certificate
    no_server,  // every server is down or ejected
    queue_full,
    queue_timeout,
    closed,  // closed or reset before a complete response head
    first_byte_timeout,
    bad_response,  // not HTTP/1.1 as RFC 9112 has it, or a response that the request cannot have
    incomplete,    // closed, reset or silent in the middle of the body
    body_timeout,
    loop,         // the request has been here before (RFC 8586)
    client_gone,  // the client failed while its request body was forwarded
};

const char* word(UpstreamError);
// RFC 9209 section 2.3.
const char* proxy_status_error(UpstreamError);
int status_for(UpstreamError);

// Nothing of the request can have reached a server: trying another one is safe whatever the method.
bool nothing_sent(UpstreamError);

}  // namespace larder::proxy
