#include "proxy/listener.h"

#include "proxy/h1_session.h"
#include "proxy/worker.h"

namespace larder::proxy {
namespace {

// On a socket for IPv6 and IPv4 an IPv4 client is ::ffff:192.0.2.1; logs, origins and limits know it as 192.0.2.1.
asio::ip::address plain(const asio::ip::address& address) {
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

Task<void> serve(Worker& worker, Socket socket, std::shared_ptr<const config::Listener> settings,
                 asio::ip::address peer) {
    H1Session session(worker, std::move(socket), std::move(settings), peer);
    co_await session.run();
}

}  // namespace

Listener::Listener(Worker& worker, std::shared_ptr<const config::Listener> settings, ListeningSocket socket)
    : worker_(worker),
      settings_(std::move(settings)),
      acceptor_(worker.executor(), socket.protocol(), socket.release()),
      wait_(worker.executor()) {}

void Listener::start() {
    worker_.shared().loops.keep(worker_.executor(), Loop::accept,
                                [self = shared_from_this()] { return accept_loop(self); });
}

void Listener::close() {
    error_code error;
    acceptor_.cancel(error);
    acceptor_.non_blocking(true, error);
    while (!error && acceptor_.is_open() && !worker_.at_connection_cap()) {
        asio::ip::tcp::endpoint peer;
        Socket socket(worker_.executor());
        acceptor_.accept(socket, peer, error);
        if (!error) begin_session(std::move(socket), peer.address());
    }
    acceptor_.close(error);
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

Task<void> Listener::accept_loop(std::shared_ptr<Listener> self) {
    Worker& worker = self->worker_;
    Acceptor& acceptor = self->acceptor_;
    while (acceptor.is_open()) {
        // At the cap, connections wait in the kernel's queue: nothing spins, nothing is refused that can wait.
        if (worker.at_connection_cap()) {
            co_await self->pause();
            continue;
        }
        asio::ip::tcp::endpoint peer;
        auto [error, socket] = co_await acceptor.async_accept(peer, no_throw);
        if (!error) {
            self->begin_session(std::move(socket), peer.address());
        } else if (acceptor.is_open() && error != asio::error::connection_aborted) {
            // Out of descriptors or memory: what is there goes on being served, and ends some time.
            co_await self->pause();
        }
    }
}

void Listener::begin_session(Socket socket, const asio::ip::address& from) {
    const asio::ip::address peer = plain(from);
    if (!worker_.shared().clients.enter(peer)) {
        worker_.metrics().limit(Limit::client_connections);
        return;
    }
    try {
        worker_.shared().loops.run(worker_.executor(), Errand::client_connection,
                                   serve(worker_, std::move(socket), settings_, peer));
    } catch (...) {
        worker_.shared().clients.leave(peer);  // what has not begun does not end
        throw;
    }
}

}  // namespace larder::proxy
