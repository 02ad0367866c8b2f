#include "proxy/read_ahead.h"

#include "proxy/running.h"

namespace larder::proxy {

Task<ReadAheadOutcome> read_ahead(Fills& fills, Exchange& exchange, Downstream& client, ReadAheadBytes& bytes) {
    ReadAheadOutcome outcome;
    const std::uint64_t most = exchange.running->config.limits.read_ahead_bytes;
    const std::uint64_t expected = exchange.body_length.value_or(most);
    if (!exchange.has_body || exchange.expects_continue || expected > most || !bytes.take(fills, expected)) {
        co_return outcome;
    }
    exchange.content.clear();
    for (;;) {
        const auto piece = co_await client.next_body_piece();
        if (piece.failed) {
            outcome.read = ReadAhead::failed;
            outcome.status = piece.status;
            co_return outcome;
        }
        exchange.content += piece.data;
        if (piece.end) break;
        if (exchange.content.size() >= most) {
            outcome.read = ReadAhead::begun;
            co_return outcome;
        }
    }
    outcome.read = ReadAhead::all;
    exchange.content_taken = true;
    exchange.body_length = exchange.content.size();
    co_return outcome;
}

}  // namespace larder::proxy
