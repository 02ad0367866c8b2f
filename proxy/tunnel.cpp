#include "proxy/tunnel.h"

#include <boost/asio/write.hpp>

#include "policy/end_to_end.h"
#include "proxy/pass.h"
#include "proxy/upstream/upstream.h"
#include "proxy/worker.h"

namespace larder::proxy {
namespace {

// What both directions share. Each counts as activity for both: a tunnel is idle when nothing moves at all.
struct Tunnel {
    Tunnel(Worker& worker, Socket& client, std::unique_ptr<UpstreamConnection> connection,
           std::chrono::milliseconds idle)
        : client_socket(client),
          upstream(std::move(connection)),
          idle_timeout(idle),
          deadline([this] {
              error_code ignored;
              client_socket.close(ignored);
              upstream->stream().close();
          }),
          done(worker.executor()) {
        worker.deadlines().add(deadline);
        moved();
    }
    void moved() { deadline.after(idle_timeout); }

    Socket& client_socket;
    std::unique_ptr<UpstreamConnection> upstream;
    std::chrono::milliseconds idle_timeout;
    Deadline deadline;
    Wakeup done;
    bool to_client_over = false;
    std::uint64_t bytes = 0;
};

Task<void> to_client(std::shared_ptr<Tunnel> tunnel) {
    std::vector<char> buffer(16 * config::KiB);
    for (;;) {
        const auto [error, n] = co_await tunnel->upstream->stream().read_some(asio::buffer(buffer));
        if (n > 0) {
            tunnel->moved();
            const auto [failed, sent] =
                co_await asio::async_write(tunnel->client_socket, asio::buffer(buffer.data(), n), no_throw);
            tunnel->bytes += sent;
            if (failed) break;
        }
        if (error) break;
    }
    error_code ignored;
    tunnel->client_socket.shutdown(asio::socket_base::shutdown_send, ignored);
    tunnel->to_client_over = true;
    tunnel->done.notify();
}

Task<void> to_upstream(Tunnel& tunnel, std::string first) {
    Gather gather;
    gather.add(first);
    bool going = !co_await tunnel.upstream->write(gather, tunnel.idle_timeout);
    std::vector<char> buffer(16 * config::KiB);
    while (going) {
        const auto [error, n] = co_await tunnel.client_socket.async_read_some(asio::buffer(buffer), no_throw);
        if (n > 0) {
            tunnel.moved();
            gather.add({buffer.data(), n});
            going = !co_await tunnel.upstream->write(gather, tunnel.idle_timeout);
        }
        if (error) break;
    }
    error_code ignored;
    tunnel.upstream->stream().socket().shutdown(asio::socket_base::shutdown_send, ignored);
}

}  // namespace

Task<void> tunnel(Worker& worker, Exchange& exchange, Downstream& client, Fetched fetched) {
    exchange.status = 101;
    exchange.cache.forward_status = 101;
    std::string head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ";
    head += exchange.upgrade;
    head += "\r\n";
    policy::append_end_to_end(head, fetched.head.fields);
    head += "Via: 1.1 larder\r\n\r\n";
    head += fetched.connection->leftover();

    const std::string early(client.raw_leftover());
    Socket& socket = *client.raw_socket();
    const auto shared = std::make_shared<Tunnel>(worker, socket, std::move(fetched.connection),
                                                 exchange.upstream->settings().idle_timeout);
    const auto [error, n] = co_await asio::async_write(socket, asio::buffer(head), no_throw);
    if (error) co_return;
    worker.shared().loops.run(worker.executor(), Errand::tunnel, to_client(shared));
    co_await to_upstream(*shared, early);
    // The other direction may still have something to say, until it ends or the tunnel is idle for too long.
    while (!shared->to_client_over) co_await shared->done.wait();
    exchange.bytes = shared->bytes;
}

}  // namespace larder::proxy
