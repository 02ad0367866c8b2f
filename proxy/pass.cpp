#include "proxy/pass.h"

#include "policy/date.h"
#include "policy/end_to_end.h"
#include "policy/invalidates.h"
#include "proxy/content.h"
#include "proxy/invalidate.h"
#include "proxy/post.h"
#include "proxy/read_ahead.h"
#include "proxy/run_exchange.h"
#include "proxy/trusted.h"
#include "proxy/tunnel.h"
#include "proxy/upstream/upstream.h"
#include "proxy/worker.h"

namespace larder::proxy {

std::string passed_fields(const Exchange& exchange, const h1::ResponseHead& head) {
    std::string out;
    out.reserve(512);
    const bool strip =
        exchange.strategy && exchange.strategy->rules.configuration.surrogate_fields == config::SurrogateFields::strip;
    policy::append_end_to_end(out, head.fields, strip);
    if (!head.fields.has("date")) {  // RFC 9110 section 6.6.1
        out += "Date: ";
        out += policy::http_date(exchange.now);
        out += "\r\n";
    }
    out += head.minor == 0 ? "Via: 1.0 larder\r\nCache-Status: " : "Via: 1.1 larder\r\nCache-Status: ";
    policy::append(out, exchange.cache);
    out += "\r\n";
    return out;
}

Task<void> pass_response(Worker& worker, Exchange& exchange, Downstream& client, Fetched fetched) {
    const auto idle = exchange.upstream->settings().idle_timeout;
    exchange.cache.forward_status = fetched.head.status;
    note_detail(exchange);
    const std::string fields = passed_fields(exchange, fetched.head);
    Downstream::Head head;
    head.status = fetched.head.status;
    head.fields = fields;
    if (fetched.head.has_content_length) head.length = fetched.head.content_length;
    head.bodiless = exchange.head || head.status == 204 || head.status == 304;
    head.close = !fetched.body_sent;
    if (head.status == 204) head.length.reset();
    if (head.bodiless) {
        const bool sent = co_await client.begin(head, nullptr, 0, true);
        // A body that comes nevertheless (HEAD asked with GET, to have it stored) is nobody's.
        if (sent && fetched.connection->piece_at_hand().end) give_back(worker, fetched);
        co_return;
    }

    // What is at hand leaves together with the head.
    std::array<std::string_view, 8> pieces;
    std::size_t count = 0;
    UpstreamConnection::Piece piece;
    while (count < pieces.size()) {
        piece = fetched.connection->piece_at_hand();
        if (!piece.data.empty()) pieces[count++] = piece.data;
        if (piece.end || piece.error != UpstreamError::none || piece.data.empty()) break;
    }
    if (piece.end && exchange.takes_trailers) client.set_trailers(fetched.connection->trailers());
    // From here on the connection goes at the client's speed.
    std::optional<PacedTransfers::Transfer> transfer;
    if (!piece.end) {
        transfer.emplace(fetched.connection->server().paced_transfers(), worker.executor(), text_of(exchange.client),
                         [&client] { client.cut(); });
        transfer->waits();
    }
    // The length is that of all, so what is said to be whole had better be.
    bool going = co_await client.begin(head, pieces.data(), count, piece.end);
    while (going && !piece.end && piece.error == UpstreamError::none) {
        transfer->moved();
        piece = co_await fetched.connection->next_piece(idle);
        if (piece.error != UpstreamError::none) break;
        transfer->waits();
        // What one read has brought, small chunks too, leaves with one write.
        count = 0;
        if (!piece.data.empty()) pieces[count++] = piece.data;
        while (!piece.end && count > 0 && count < pieces.size()) {
            piece = fetched.connection->piece_at_hand();
            if (!piece.data.empty()) pieces[count++] = piece.data;
            if (piece.error != UpstreamError::none || piece.data.empty()) break;
        }
        if (piece.end && exchange.takes_trailers) client.set_trailers(fetched.connection->trailers());
        going = co_await client.send(pieces.data(), count, piece.end);
    }
    if (piece.error != UpstreamError::none) {
        exchange.upstream->counters(worker.index()).failed(piece.error);
        exchange.result = Result::error;
        client.cut();
        co_return;
    }
    if (going && piece.end) give_back(worker, fetched);
}

namespace {

// What came of a request whose body, if it has one, is in exchange.content or comes from `client`.
Task<void> pass_with_body(Worker& worker, Exchange& exchange, Downstream& client) {
    ForwardOptions options;
    options.upgrade = exchange.upgrade;
    const auto* const rules = exchange.strategy ? &exchange.strategy->rules.configuration : nullptr;
    const bool reads = policy::only_reads(exchange.method, rules);
    const bool post = !reads && exchange.method == "POST" && (exchange.content_taken || !exchange.has_body);
    // What a POST brings may be stored: nothing that is invalidated from here on may be undone by it. While a client
    // sends its body no ticket is held, since it could be held for hours.
    Tiers::Hold before;
    if (post && rules && rules->store_post == config::StorePost::representation) {
        before = std::make_shared<policy::Tickets::Ticket>(worker.shared().tickets.begin());
    }
    Fetched fetched = co_await fetch(worker, exchange, std::move(options), &client);
    if (fetched.error != UpstreamError::none) {
        Problem problem = Problem::of(fetched.error);
        if (fetched.error == UpstreamError::client_gone) problem.status = fetched.client_status;
        exchange.result = Result::error;
        co_await send_problem(client, exchange, problem, exchange.has_body && !exchange.content_taken);
        co_return;
    }
    if (fetched.head.status == 101 && !fetched.connection->become_tunnel()) {
        worker.metrics().limit(Limit::tunnels);
        fetched.connection.reset();
        Problem problem = Problem::of(UpstreamError::queue_full);
        problem.detail = "There are as many tunnels to the origin server as may be.";
        exchange.result = Result::error;
        co_await send_problem(client, exchange, problem);
        co_return;
    }
    if (fetched.head.status == 101) {
        co_await tunnel(worker, exchange, client, std::move(fetched));
        co_return;
    }
    if (!reads) {
        auto own = co_await invalidate_after_write(worker.executor(), worker.shared(), exchange, fetched.head);
        if (before && represents_target(worker.shared(), exchange, fetched)) {
            Writing written(std::move(before), std::move(own));
            co_await answer_and_store(worker, exchange, client, std::move(fetched), std::move(written));
            co_return;
        }
    }
    co_await pass_response(worker, exchange, client, std::move(fetched));
}

}  // namespace

Task<void> pass_request(Worker& worker, Exchange& exchange, Downstream& client, policy::Forward reason) {
    exchange.cache.forward = reason;
    ContentFirst rest(client, {});
    Downstream* body = &client;
    if (!exchange.content_taken && !client.body_taken()) {
        const auto ahead = co_await read_ahead(worker.shared().account, exchange, client);
        if (ahead.read == ReadAhead::failed) {
            Problem problem = Problem::of(UpstreamError::client_gone);
            problem.status = ahead.status;
            exchange.result = Result::error;
            co_await send_problem(client, exchange, problem, true);
            co_return;
        }
        if (ahead.read == ReadAhead::begun) {
            rest.set_content(exchange.content);
            body = &rest;
        }
    }
    co_await pass_with_body(worker, exchange, *body);
}

}  // namespace larder::proxy
