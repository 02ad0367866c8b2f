// What is done with a request that no fresh stored response answers at once.
#pragma once

#include "proxy/exchange.h"
#include "proxy/hit.h"
#include "proxy/problem.h"
#include "proxy/task.h"

namespace larder::proxy {

// Answers through `client`; when it returns without having answered in full, the client's connection must be cut.
// `hit` is what find_hit() found, if it was asked.
Task<void> run_exchange(Worker& worker, Exchange& exchange, Downstream& client, Hit hit);

// A GET or HEAD with a strategy, or a request whose content is in its key, and nothing about it that only the origin
// can answer.
bool may_be_stored(const Exchange& exchange);

// May be answered from the store, although a response to it is not stored: RFC 9110 lets a cache ignore If-Match and
// If-Unmodified-Since (sections 13.1.1 and 13.1.4), and an Upgrade (section 7.8). Not where the strategy obeys what
// sends a request to the origin (request_directives), nor what begins a WebSocket.
bool may_be_answered(const Exchange& exchange);

// Why the others go to the origin.
policy::Forward why_not(const Exchange& exchange);

// Key, strategy and reason into Cache-Status, where the listener or the strategy allows it.
void note_detail(Exchange& exchange);

// Freshness left, for Cache-Status.
void note_ttl(Exchange& exchange, const storage::Lifetime& lifetime, storage::UnixTime now);

// Answers with a stored response. False: its body has gone from its layer, and nothing has been answered.
Task<bool> serve_stored(Worker& worker, Exchange& exchange, Downstream& client, const Hit& hit);

// Answers with a stored response because the origin failed; exchange.cache says how.
Task<void> serve_stale(Worker& worker, Exchange& exchange, Downstream& client, const storage::Object& object,
                       storage::UnixTime now);

Task<void> send_problem(Downstream& client, Exchange& exchange, Problem problem, bool close = false);

}  // namespace larder::proxy
