#include "proxy/read_ahead.h"

#include "proxy/running.h"

namespace larder::proxy {

Task<ReadAheadOutcome> read_ahead(storage::Account& account, Exchange& exchange, Downstream& client) {
    ReadAheadOutcome outcome;
    const std::uint64_t most = exchange.running->config.limits.read_ahead_bytes;
    const std::uint64_t expected = exchange.body_length.value_or(most);
    if (!exchange.has_body || exchange.expects_continue || expected > most) co_return outcome;
    auto room = std::make_shared<storage::Reservation>(account, storage::Account::Purpose::content);
    if (!room->ensure(expected)) co_return outcome;
    exchange.content_room = std::move(room);
    exchange.content.clear();
    exchange.content.reserve(static_cast<std::size_t>(expected));
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
