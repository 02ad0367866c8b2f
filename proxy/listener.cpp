#include "proxy/listener.h"

#include <netinet/tcp.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>

#include "proxy/h1_session.h"
#include "proxy/worker.h"

namespace larder::proxy {
namespace {

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
// The kernel holds at most this much that it has not sent yet. It bounds what slow clients make us hold, and makes the
// progress of a slow one visible in small steps.
using UnsentLimit = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>;

Task<void> serve(Worker& worker, Socket socket, const config::Listener& settings, asio::ip::address peer) {
    H1Session session(worker, std::move(socket), settings, peer);
    co_await session.run();
}

}  // namespace

Listener::Listener(Worker& worker, const config::Listener& settings, const asio::ip::tcp::endpoint& endpoint)
    : worker_(worker), settings_(settings), acceptor_(worker.executor()), wait_(worker.executor()) {
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    acceptor_.set_option(ReusePort(true));
    // Accepted sockets inherit these: no call per connection.
    acceptor_.set_option(asio::ip::tcp::no_delay(true));
    acceptor_.set_option(UnsentLimit(128 * 1024));
    if (endpoint.address().is_v6()) acceptor_.set_option(asio::ip::v6_only(!endpoint.address().is_unspecified()));
    acceptor_.bind(endpoint);
    acceptor_.listen(4096);
    endpoint_ = acceptor_.local_endpoint();
}

void Listener::start() {
    asio::co_spawn(worker_.executor(), accept_loop(), asio::detached);
}

void Listener::close() {
    error_code ignored;
    acceptor_.close(ignored);
    wait_.cancel();
}

void Listener::resume() {
    wait_.cancel();
}

Task<void> Listener::pause() {
    worker_.metrics().limit(Limit::connections);
    worker_.make_room();
    wait_.expires_after(std::chrono::milliseconds(100));
    co_await wait_.async_wait(no_throw);
}

Task<void> Listener::accept_loop() {
    while (acceptor_.is_open()) {
        // At the cap, connections wait in the kernel's queue: nothing spins, nothing is refused that can wait.
        if (worker_.at_connection_cap()) {
            co_await pause();
            continue;
        }
        asio::ip::tcp::endpoint peer;
        auto [error, socket] = co_await acceptor_.async_accept(peer, no_throw);
        if (!acceptor_.is_open()) break;
        if (error) {
            // Out of descriptors or memory: what is there goes on being served, and ends some time.
            if (error != asio::error::connection_aborted) co_await pause();
            continue;
        }
        if (!worker_.shared().clients.enter(peer.address())) {
            worker_.metrics().limit(Limit::client_connections);
            continue;
        }
        // Named, and moved in: a temporary here would be destroyed twice by GCC 12.
        Task<void> session = serve(worker_, std::move(socket), settings_, peer.address());
        asio::co_spawn(worker_.executor(), std::move(session), asio::detached);
    }
}

}  // namespace larder::proxy
