// A short request body is read before a connection to the origin is taken for it: a client that sends it slowly then
// holds nothing but its own connection. It can be sent again, too.
#pragma once

#include <cstdint>

#include "proxy/exchange.h"
#include "proxy/task.h"
#include "storage/account.h"

namespace larder::proxy {

enum class ReadAhead {
    all,     // the body is in exchange.content, and content_taken
    begun,   // exchange.content is its beginning: the rest is to be pulled
    none,    // nothing was pulled
    failed,  // it did not come: answer `status`
};
struct ReadAheadOutcome {
    ReadAhead read = ReadAhead::none;
    int status = 400;
};
// Nothing is read of a body whose client waits for a 100, since the origin may refuse it, of one that is known to be
// longer than limits.read_ahead_bytes, and where the account has no room for content.
Task<ReadAheadOutcome> read_ahead(storage::Account& account, Exchange& exchange, Downstream& client);

}  // namespace larder::proxy
