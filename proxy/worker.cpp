#include "proxy/worker.h"

#include <boost/asio/post.hpp>

#include "proxy/body_reader.h"
#include "proxy/descriptors.h"
#include "proxy/h1_session.h"
#include "proxy/listener.h"
#include "proxy/slowest.h"

namespace larder::proxy {

Worker::Worker(Shared& shared, unsigned index)
    : shared_(shared),
      index_(index),
      guard_(context_.get_executor()),
      metrics_(shared.metrics.workers[index]),
      pool_(*this),
      random_(shared.hash_seed ^ (static_cast<std::uint64_t>(shared.clock.unix_milliseconds(Steady::now())) << 8) ^
              index),
      ticker_(context_.get_executor()),
      running_(shared.running()) {
    connection_cap_ = connection_cap(running_->config);
}

Worker::~Worker() {
    if (thread_.joinable()) stop(true);
    join();
}

void Worker::adopt(Change change, std::function<void()> done) {
    const auto held = std::make_shared<Change>(std::move(change));  // a handler is copyable
    asio::post(context_, [this, held, done = std::move(done)] {
        apply(std::move(*held));
        done();
    });
}

void Worker::apply(Change change) {
    running_ = std::move(change.running);
    connection_cap_ = connection_cap(running_->config);
    if (draining_) return;
    for (auto& [settings, socket] : change.sockets) {
        listeners_.push_back(std::make_shared<Listener>(*this, settings, std::move(socket)));
        if (started_) listeners_.back()->start();
    }
    std::erase_if(listeners_, [&](const std::shared_ptr<Listener>& listener) {
        for (const config::Listener& settings : running_->config.listeners) {
            if (settings.address != listener->address()) continue;
            listener->change_settings(std::make_shared<const config::Listener>(settings));
            return false;
        }
        listener->close();
        return true;
    });
}

void Worker::start() {
    started_ = true;
    for (const auto& listener : listeners_) listener->start();
    shared_.loops.keep(executor(), Loop::worker_housekeeping, [this] { return housekeep(*this); });
    thread_ = std::thread([this] { shared_.loops.run_context(context_); });
}

void Worker::join() {
    if (thread_.joinable()) thread_.join();
}

Task<void> Worker::housekeep(Worker& worker) {
    while (!worker.finished_) {
        worker.ticker_.expires_after(Deadlines::tick);
        const auto [error] = co_await worker.ticker_.async_wait(no_throw);
        if (error) co_return;
        worker.tick();
    }
}

void Worker::tick() {
    const auto now = Steady::now();
    // Told to end hard, everything that waits is struck, at each tick until nothing is left.
    deadlines_.check(hard_ ? Steady::time_point::max() : now);
    if (shared_.account.tight()) shed_readers(0);
    if (++ticks_ % 10 == 0) {
        pool_.expire(now);
        for (ClientConnection& connection : connections_) {
            if (BodyReader* const reader = connection.reader(); reader && reader->holds_up()) reader->observe(now);
        }
        if (index_ == 0) running_->tiers->expire(shared_.clock.unix_time(now));
    }
}

void Worker::stop(bool hard) {
    asio::post(context_, [this, hard] {
        draining_ = true;
        for (const auto& listener : listeners_) listener->close();
        pool_.close_idle();
        // Draining an idle one ends it, later, by its own coroutine: the list stays as it is meanwhile.
        for (ClientConnection& connection : connections_) connection.drain(hard);
        if (hard) hard_ = true;
        maybe_finish();
    });
}

void Worker::maybe_finish() {
    if (!draining_ || finished_) return;
    if (!connections_.empty() || background_ > 0) return;
    finished_ = true;
    ticker_.cancel();
    guard_.reset();
    pool_.close_idle();
}

bool Worker::at_connection_cap() const {
    const std::size_t each = connection_cap_ / shared_.workers.size();
    return connections_.size() >= std::max<std::size_t>(each, 1);
}

void Worker::make_room() {
    constexpr std::size_t at_once = 16;
    const auto now = Steady::now();
    std::size_t given = 0;
    for (ClientConnection& connection : connections_) {
        if (connection.give_way(now) && ++given == at_once) break;
    }
}

void Worker::opened(ClientConnection& connection) {
    connections_.push_back(connection);
    metrics_.client_connections.add(1);
}

void Worker::closed(ClientConnection& connection) {
    const bool was_full = at_connection_cap();
    connections_.erase(connections_.iterator_to(connection));
    metrics_.client_connections.add(-1);
    shared_.clients.leave(connection.peer_address());
    if (was_full) {
        for (const auto& listener : listeners_) listener->resume();
    }
    maybe_finish();
}

void Worker::background_ended() {
    --background_;
    maybe_finish();
}

void Worker::ask_others_to_shed(const OriginServer* server) {
    for (const auto& other : shared_.workers) {
        if (other.get() == this) continue;
        Worker* const worker = other.get();
        asio::post(worker->context_, [worker, server] { worker->pool_.shed(server); });
    }
}

void Worker::ask_others_to_shed_readers(std::uint64_t more) {
    for (const auto& other : shared_.workers) {
        if (other.get() == this) continue;
        Worker* const worker = other.get();
        asio::post(worker->context_, [worker, more] { worker->shed_readers(more); });
    }
}

void Worker::shed_readers(std::uint64_t more) {
    const storage::Account& account = shared_.account;
    const std::uint64_t most = account.max_outside();
    const auto beyond = [&](std::uint64_t bound) {
        const std::uint64_t held = account.outside(), bounded = bound + account.leaving();
        return held - std::min(held, bounded);
    };
    const std::uint64_t wanted = beyond(more > 0 ? most - std::min(most, more) : most / 4 * 3);
    const std::uint64_t rate = running_->config.limits.pinned_rate;
    if (wanted > 0 && rate > 0) cut_slowest(wanted, rate);
    if (const std::uint64_t overdrawn = beyond(most); overdrawn > 0) cut_slowest(overdrawn, std::nullopt);
}

void Worker::cut_slowest(std::uint64_t wanted, std::optional<std::uint64_t> below) {
    const auto now = Steady::now();
    std::vector<ClientConnection*> connections;
    std::vector<Pinning> pinning;
    for (ClientConnection& connection : connections_) {
        const BodyReader* const reader = connection.reader();
        if (!reader || !reader->holds_up()) continue;
        connections.push_back(&connection);
        pinning.push_back({reader->rate(now), reader->pin().outside(), reader->pin().shared()});
    }
    for (const Choice& choice : slowest(pinning, wanted, below)) {
        metrics_.limit(Limit::pinned_rate);
        connections[choice.which]->cut_reader(choice.bytes);
    }
}

}  // namespace larder::proxy
