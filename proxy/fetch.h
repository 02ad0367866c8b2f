// One request to an origin until the final head of its response: a connection, the request and its body, 1xx responses
// passed on, and another try where that is safe.
#pragma once

#include <memory>

#include "policy/response.h"
#include "proxy/exchange.h"
#include "proxy/forward.h"
#include "proxy/h1/response_head.h"
#include "proxy/upstream/connection.h"

namespace larder::proxy {

struct Fetched {
    Fetched() = default;  // no aggregate: GCC 12 destroys one that is passed to a coroutine twice

    UpstreamError error = UpstreamError::none;
    int client_status = 400;                         // with client_gone: what to answer, if that is still possible
    std::unique_ptr<UpstreamConnection> connection;  // null with an error
    h1::ResponseHead head;                           // views into the connection's buffer, until the body is read
    storage::UnixTime request_time = 0;
    storage::UnixTime response_time = 0;
    policy::Response response() const { return {head.status, head.fields, request_time, response_time}; }

    bool body_sent = true;  // false: the origin answered before it had the whole request body
};

// Tries again, once each: on a new connection, if one that was used before turns out to be closed, nothing was received
// and the method is idempotent without a body (RFC 9110 section 9.2.2); on other servers, as long as none was reached.
// `client`: where the body comes from and 1xx go; null: neither. A body that is in exchange.content is sent from there.
//
// What may be stored is asked for on connections that never had content on them nor, where the request has no
// credentials itself, anybody's credentials; a connection that logged somebody in by itself (NTLM, Negotiate) is not
// used again.
Task<Fetched> fetch(Worker& worker, const Exchange& exchange, ForwardOptions options, Downstream* client);

// After the body has ended as declared, or there is none: the connection may serve the next request.
void give_back(Worker& worker, Fetched& fetched);

}  // namespace larder::proxy
