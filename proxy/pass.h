// A response that is not stored: streamed from the origin to the one client that asked, at the client's speed, in
// bounded memory.
#pragma once

#include "proxy/exchange.h"
#include "proxy/fetch.h"
#include "proxy/task.h"

namespace larder::proxy {

// The fields as they are sent on: end-to-end ones, with Via and Cache-Status. `exchange.cache` is final.
std::string passed_fields(const Exchange& exchange, const h1::ResponseHead& head);

// Sends head and body, and gives the connection back or closes it.
Task<void> pass_response(Worker& worker, Exchange& exchange, Downstream& client, Fetched fetched);

// Forwards a request that has nothing to do with the cache, and passes the response. An unsafe method that succeeded
// invalidates first (RFC 9111 section 4.4).
Task<void> pass_request(Worker& worker, Exchange& exchange, Downstream& client, policy::Forward reason);

}  // namespace larder::proxy
