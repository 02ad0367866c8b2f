#include "proxy/upstream/health.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "proxy/stream.h"

namespace larder::proxy {
namespace {

using Timer = asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor>;
using Resolver = asio::ip::basic_resolver<asio::ip::tcp, Executor>;

constexpr std::size_t most_addresses = 64;
constexpr std::size_t status_length = 12;  // HTTP/1.1 200
constexpr std::size_t most_response_bytes = 1024 * 1024;

// Ends what waits on `io` when the time of `timer` is over. The handler may run after the coroutine that waited, even
// when the timer is gone by then: it owns what it needs, and `strike` can refer to nothing else.
template <class Io>
void strike_at_end(Timer& timer, std::shared_ptr<Io> io, void (*strike)(Io&)) {
    timer.async_wait([io = std::move(io), strike](error_code error) {
        if (!error) strike(*io);
    });
}

Addresses addresses_of(const Resolver::results_type& results) {
    Addresses addresses;
    for (const auto& result : results) {
        if (addresses.size() < most_addresses) addresses.push_back(result.endpoint());
    }
    return addresses;
}

// One GET; well: a status from 200 to 399 in time.
Task<bool> check(Executor executor, Upstream& upstream, const OriginServer& server) {
    const auto addresses = server.addresses();
    if (!addresses) co_return false;
    const config::HealthCheck& health = *upstream.settings().health;
    const auto stream = std::make_shared<Stream>(Socket(executor));
    Timer timeout(executor, health.timeout);
    strike_at_end<Stream>(timeout, stream, [](Stream& held) { held.close(); });
    const auto [connected] = co_await stream->socket().async_connect(addresses->front(), no_throw);
    if (connected) co_return false;
    const std::string& host = upstream.settings().host;
    const bool named = host != "preserve" && host != "upstream";
    if (server.where().tls) {
        const std::string& name = named ? host : server.where().host;
        if (co_await stream->start_tls(upstream.tls(), name, upstream.settings().tls_verify)) co_return false;
    }
    std::string request = "GET " + health.path + " HTTP/1.1\r\nHost: " + (named ? host : server.authority()) +
                          "\r\nUser-Agent: larder-health\r\nConnection: close\r\n\r\n";
    const auto [written, sent] = co_await stream->write_some(asio::buffer(request));
    if (written || sent != request.size()) co_return false;
    // All of it is read, to the end that Connection: close asks for: a server whose response is cut off sees a reset.
    // One that does not close, or says very much, has answered too.
    std::string status;
    std::string piece(16 * config::KiB, '\0');
    for (std::size_t seen = 0; seen < most_response_bytes;) {
        const auto [error, n] = co_await stream->read_some(asio::buffer(piece));
        seen += n;
        if (status.size() < status_length) status.append(piece, 0, std::min(n, status_length - status.size()));
        if (error) break;
    }
    co_return status.size() == status_length&& status.starts_with("HTTP/1.") && (status[9] == '2' || status[9] == '3');
}

}  // namespace

Task<void> keep_resolved(Executor executor, std::weak_ptr<Upstream> weak, std::shared_ptr<OriginServer> server,
                         Events& events) {
    Timer timer(executor);
    Resolver resolver(executor);
    bool failed_before = false;
    for (;;) {
        const auto [error, results] =
            co_await resolver.async_resolve(server->where().host, std::to_string(server->where().port), no_throw);
        if (error == asio::error::operation_aborted) co_return;
        auto upstream = weak.lock();
        if (!upstream) co_return;
        if (!error) server->resolved(addresses_of(results));
        if (static_cast<bool>(error) != failed_before) {
            failed_before = static_cast<bool>(error);
            events.emit(error ? "resolve_failed" : "resolved", {{"upstream", upstream->settings().name},
                                                                {"server", server->authority()},
                                                                {"error", error ? error.message() : std::string()}});
        }
        // Until it has resolved for the first time there is nothing to fall back on.
        const bool known = server->addresses() != nullptr;
        timer.expires_after(known ? upstream->settings().resolve_interval : std::chrono::milliseconds(1000));
        upstream.reset();
        const auto [ended] = co_await timer.async_wait(no_throw);
        if (ended) co_return;
    }
}

Task<void> keep_checked(Executor executor, std::weak_ptr<Upstream> weak, std::shared_ptr<OriginServer> server,
                        Events& events) {
    Timer timer(executor);
    for (;;) {
        auto upstream = weak.lock();
        if (!upstream) co_return;
        const bool was_well = server->well();
        const bool well = co_await check(executor, *upstream, *server);
        server->checked(well);
        if (server->well() != was_well) {
            events.emit(was_well ? "server_down" : "server_up",
                        {{"upstream", upstream->settings().name}, {"server", server->authority()}});
        }
        timer.expires_after(upstream->settings().health->interval);
        upstream.reset();
        const auto [ended] = co_await timer.async_wait(no_throw);
        if (ended) co_return;
    }
}

Task<void> resolve_once(Executor executor, std::shared_ptr<OriginServer> server, std::chrono::milliseconds most) {
    const auto resolver = std::make_shared<Resolver>(executor);
    Timer timeout(executor, most);
    strike_at_end<Resolver>(timeout, resolver, [](Resolver& held) { held.cancel(); });
    const auto [error, results] =
        co_await resolver->async_resolve(server->where().host, std::to_string(server->where().port), no_throw);
    if (!error) server->resolved(addresses_of(results));
}

}  // namespace larder::proxy
