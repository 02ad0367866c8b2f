#include "proxy/upstream/pool.h"

#include <algorithm>

#include "proxy/worker.h"

namespace larder::proxy {

std::unique_ptr<UpstreamConnection> Pool::take_idle(const OriginServer* server, Carried at_worst) {
    const auto it = idle_.find(server);
    if (it == idle_.end()) return nullptr;
    auto& connections = it->second.connections;
    for (;;) {
        auto best = connections.end();
        for (auto each = connections.begin(); each != connections.end(); ++each) {
            if ((*each)->carried > at_worst) continue;
            if (best == connections.end() || (*each)->carried >= (*best)->carried) best = each;
        }
        if (best == connections.end()) return nullptr;
        auto connection = std::move(*best);
        connections.erase(best);
        // Bytes nobody asked for, or an end: not to be trusted with a request.
        if (connection->silent()) {
            connection->reused = true;
            return connection;
        }
    }
}

Task<Pool::Acquired> Pool::acquire(Upstream& upstream, const Wanted& wanted) {
    Acquired acquired;
    acquired.server = upstream.choose(wanted.tried, Steady::now());
    if (!acquired.server) {
        acquired.error = UpstreamError::no_server;
        co_return acquired;
    }
    if (!wanted.upload_by.empty()) {
        acquired.error = co_await wait_for_upload(upstream, *acquired.server, wanted.upload_by);
        if (acquired.error != UpstreamError::none) co_return acquired;
    }
    acquired = co_await acquire_from(upstream, acquired.server, wanted);
    if (wanted.upload_by.empty()) co_return acquired;
    if (acquired.connection) {
        acquired.connection->holds_upload(wanted.upload_by);
    } else {
        acquired.server->uploads().give_back(wanted.upload_by);
    }
    co_return acquired;
}

Task<Pool::Acquired> Pool::acquire_from(Upstream& upstream, std::shared_ptr<OriginServer> server,
                                        const Wanted& wanted) {
    Acquired acquired;
    acquired.server = server;
    if (!wanted.fresh) {
        acquired.connection = take_idle(server.get(), wanted.at_worst);
        if (acquired.connection) co_return acquired;
    }
    std::unique_ptr<UpstreamConnection> idle;
    acquired.error = co_await wait_for_slot(upstream, *server, wanted.at_worst, idle);
    if (acquired.error != UpstreamError::none) co_return acquired;
    if (idle) {
        acquired.connection = std::move(idle);
        co_return acquired;
    }
    co_return co_await connect(upstream, server);
}

Task<UpstreamError> Pool::wait_for_upload(Upstream& upstream, OriginServer& server, const std::string& client) {
    using Waiter = UploadPermits::Waiter;
    const auto waiter = std::make_shared<Waiter>(worker_.executor(), client);
    switch (server.uploads().take(waiter)) {
        case UploadPermits::Taken::granted:
            co_return UpstreamError::none;
        case UploadPermits::Taken::queue_full:
            co_return UpstreamError::queue_full;
        case UploadPermits::Taken::wait:
            break;
    }
    worker_.metrics().limit(Limit::uploads);
    Deadline deadline([&waiter = *waiter] { waiter.wakeup.notify(); });
    worker_.deadlines().add(deadline);
    deadline.after(upstream.settings().queue_timeout);
    while (!server.uploads().has(*waiter)) {
        if (deadline.expired()) {
            co_return server.uploads().leave_queue(waiter) ? UpstreamError::none : UpstreamError::queue_timeout;
        }
        co_await waiter->wakeup.wait();
    }
    co_return UpstreamError::none;
}

Task<UpstreamError> Pool::wait_for_slot(Upstream& upstream, OriginServer& server, Carried at_worst,
                                        std::unique_ptr<UpstreamConnection>& idle) {
    using Waiter = OriginServer::Waiter;
    const auto waiter = std::make_shared<Waiter>(worker_.executor(), worker_.index());
    switch (server.take_slot(waiter)) {
        case OriginServer::Slot::granted:
            co_return UpstreamError::none;
        case OriginServer::Slot::queue_full:
            co_return UpstreamError::queue_full;
        case OriginServer::Slot::wait:
            break;
    }
    // Idle ones that this request may not have are in its way.
    const auto make_room = [&] {
        shed(&server);
        worker_.ask_others_to_shed(&server);
        if (server.paced_transfers()->reclaim(Steady::now())) worker_.metrics().limit(Limit::paced_transfers);
    };
    make_room();
    Deadline deadline([&waiter = *waiter] { waiter.wakeup.notify(); });
    worker_.deadlines().add(deadline);
    deadline.after(upstream.settings().queue_timeout);
    // Who stands still now need not have done so a moment ago.
    Deadline again([&waiter = *waiter] { waiter.wakeup.notify(); });
    worker_.deadlines().add(again);
    again.after(PacedTransfers::patience);
    for (;;) {
        co_await waiter->wakeup.wait();
        if (server.has_slot(waiter)) co_return UpstreamError::none;
        if (again.expired()) {
            make_room();
            again.after(PacedTransfers::patience);
        }
        if ((idle = take_idle(&server, at_worst))) {
            if (server.leave_queue(waiter)) server.free_slot();
            co_return UpstreamError::none;
        }
        if (deadline.expired()) {
            co_return server.leave_queue(waiter) ? UpstreamError::none : UpstreamError::queue_timeout;
        }
        // Somebody else took the connection that was offered, or it is not for this request: once more.
        shed(&server);
        switch (server.queue_again(waiter)) {
            case OriginServer::Slot::granted:
                co_return UpstreamError::none;
            case OriginServer::Slot::queue_full:
                co_return UpstreamError::queue_full;
            case OriginServer::Slot::wait:
                worker_.ask_others_to_shed(&server);
                break;
        }
    }
}

Task<Pool::Acquired> Pool::connect(Upstream& upstream, std::shared_ptr<OriginServer> server) {
    Acquired acquired;
    acquired.server = server;
    // From here on the connection owns the slot and frees it when it goes.
    acquired.connection = std::make_unique<UpstreamConnection>(worker_, Socket(worker_.executor()), server);
    UpstreamConnection& connection = *acquired.connection;
    const auto fail = [&](UpstreamError error) {
        acquired.error = error;
        acquired.connection.reset();
    };

    const auto addresses = server->addresses();
    if (!addresses) {
        fail(UpstreamError::dns);
        co_return acquired;
    }
    connection.deadline().after(upstream.settings().connect_timeout);
    error_code error = asio::error::host_unreachable;
    // A name with very many addresses must not make one request try them all.
    const std::size_t most = std::min<std::size_t>(addresses->size(), 4);
    const std::size_t start = server->next_address();
    for (std::size_t i = 0; i < most && !connection.deadline().expired(); ++i) {
        const auto& endpoint = (*addresses)[(start + i) % addresses->size()];
        connection.stream().close();
        connection.stream().socket().open(endpoint.protocol(), error);
        if (error) continue;  // this machine may not have that address family
        const auto [connected] = co_await connection.stream().socket().async_connect(endpoint, no_throw);
        error = connected;
        if (!error) break;
    }
    if (!error) {
        connection.stream().socket().set_option(asio::ip::tcp::no_delay(true), error);
        error = {};
        if (server->where().tls) {
            const auto& settings = upstream.settings();
            const bool named = settings.host != "preserve" && settings.host != "upstream";
            const std::string& name = named ? settings.host : server->where().host;
            error = co_await connection.stream().start_tls(upstream.tls(), name, settings.tls_verify);
            if (error && !connection.deadline().expired()) {
                fail(UpstreamError::tls);
                server->connection_failed(Steady::now());
                co_return acquired;
            }
        }
    }
    const bool expired = connection.deadline().expired();
    connection.deadline().clear();
    if (!error && !expired) co_return acquired;
    // Our own want of descriptors or memory is not the server's failure.
    const bool ours = error == asio::error::no_descriptors || error == asio::error::no_buffer_space;
    if (!ours) server->connection_failed(Steady::now());
    if (expired) {
        fail(UpstreamError::connect_timeout);
    } else {
        fail(error == asio::error::connection_refused ? UpstreamError::connect_refused : UpstreamError::connect_failed);
    }
    co_return acquired;
}

void Pool::release(std::unique_ptr<UpstreamConnection> connection) {
    const auto server = connection->server_ptr();
    connection->upload_ended();
    bool others_wait = false;
    server->offer_idle(worker_.index(), others_wait);
    if (others_wait || worker_.draining()) return;  // closing it passes its slot on
    connection->set_busy(false);
    connection->idle_since = Steady::now();
    connection->deadline().clear();
    idle_[server.get()].connections.push_back(std::move(connection));
}

void Pool::shed(const OriginServer* server) {
    const auto it = idle_.find(server);
    if (it == idle_.end() || it->second.connections.empty()) return;
    // The one idle for longest; its destructor frees the slot.
    it->second.connections.erase(it->second.connections.begin());
}

void Pool::expire(Steady::time_point now) {
    for (auto& [server, idle] : idle_) {
        auto& connections = idle.connections;
        const auto kept = std::find_if(connections.begin(), connections.end(), [&](const auto& connection) {
            return now - connection->idle_since < connection->server().keepalive();
        });
        connections.erase(connections.begin(), kept);
    }
    // A connection holds its server; without one the key may name a server that is gone since a reload.
    std::erase_if(idle_, [](const auto& entry) { return entry.second.connections.empty(); });
}

void Pool::close_idle() {
    idle_.clear();
}

std::size_t Pool::idle() const {
    std::size_t count = 0;
    for (const auto& [server, idle] : idle_) count += idle.connections.size();
    return count;
}

}  // namespace larder::proxy
