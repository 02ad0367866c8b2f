#include "proxy/upstream/origin_server.h"

#include <algorithm>

namespace larder::proxy {
namespace {

std::string authority_of(const config::Server& server) {
    const bool v6 = server.host.find(':') != std::string::npos;
    std::string text = v6 ? "[" + server.host + "]" : server.host;
    if (server.port != (server.tls ? 443 : 80)) text += ":" + std::to_string(server.port);
    return text;
}

unsigned max_uploads(const config::Upstream& upstream) {
    return upstream.max_uploads != 0 ? upstream.max_uploads : std::max(1u, upstream.max_connections / 2);
}

unsigned max_uploads_per_client(const config::Upstream& upstream) {
    const unsigned share = std::max(1u, max_uploads(upstream) / 2);
    return upstream.max_uploads_per_client != 0 ? upstream.max_uploads_per_client : share;
}

}  // namespace

OriginServer::OriginServer(const config::Upstream& upstream, const config::Server& server, unsigned workers)
    : where_(server),
      authority_(authority_of(server)),
      named_([&] {
          error_code not_an_address;
          asio::ip::make_address(server.host, not_an_address);
          return static_cast<bool>(not_an_address);
      }()),
      max_connections_(upstream.max_connections),
      max_queue_(upstream.queue),
      max_failures_(upstream.max_failures),
      ejection_time_(upstream.ejection_time),
      keepalive_(upstream.keepalive_timeout),
      health_(upstream.health.value_or(config::HealthCheck{})),
      max_tunnels_(upstream.max_tunnels),
      uploads_(max_uploads(upstream), max_uploads_per_client(upstream), upstream.queue),
      paced_(std::make_shared<PacedTransfers>(upstream.max_connections / 2)),
      queues_(workers) {
    if (!named_) {
        const auto address = asio::ip::make_address(server.host);
        addresses_ = std::make_shared<const Addresses>(1, asio::ip::tcp::endpoint(address, server.port));
    }
}

void OriginServer::take_over(const OriginServer& former) {
    auto known = former.addresses();
    well_.store(former.well() || health_.path.empty(), std::memory_order_relaxed);
    if (max_failures_ > 0) {
        failures_.store(former.failures_.load(std::memory_order_relaxed), std::memory_order_relaxed);
        ejected_until_.store(former.ejected_until_.load(std::memory_order_relaxed), std::memory_order_relaxed);
    }
    const std::lock_guard lock(mutex_);
    addresses_ = std::move(known);
}

std::shared_ptr<const Addresses> OriginServer::addresses() const {
    const std::lock_guard lock(mutex_);
    return addresses_;
}

void OriginServer::resolved(Addresses addresses) {
    if (addresses.empty()) return;
    auto next = std::make_shared<const Addresses>(std::move(addresses));
    const std::lock_guard lock(mutex_);
    addresses_ = std::move(next);
}

bool OriginServer::takes_requests(Steady::time_point now) const {
    return well_.load(std::memory_order_relaxed) &&
           now.time_since_epoch().count() >= ejected_until_.load(std::memory_order_relaxed);
}

void OriginServer::connection_failed(Steady::time_point now) {
    if (max_failures_ == 0) return;
    if (failures_.fetch_add(1, std::memory_order_relaxed) + 1 >= max_failures_) {
        // The next failure after the ejection ends ejects again at once: the count stays until a response comes.
        ejected_until_.store((now + ejection_time_).time_since_epoch().count(), std::memory_order_relaxed);
    }
}

void OriginServer::checked(bool well) {
    if (well == well_.load(std::memory_order_relaxed)) {
        checks_in_a_row_ = 0;
        return;
    }
    if (++checks_in_a_row_ >= (well ? health_.healthy_after : health_.unhealthy_after)) {
        checks_in_a_row_ = 0;
        well_.store(well, std::memory_order_relaxed);
    }
}

OriginServer::Slot OriginServer::take_slot(const std::shared_ptr<Waiter>& waiter) {
    const std::lock_guard lock(mutex_);
    if (open_ < max_connections_) {
        ++open_;
        return Slot::granted;
    }
    if (queued_ >= max_queue_) return Slot::queue_full;
    waiter->state = Waiter::State::waiting;
    queues_[waiter->worker].push_back(waiter);
    ++queued_;
    return Slot::wait;
}

OriginServer::Slot OriginServer::queue_again(const std::shared_ptr<Waiter>& waiter) {
    const std::lock_guard lock(mutex_);
    if (waiter->state == Waiter::State::waiting) return Slot::wait;  // still queued: a stray notification
    if (open_ < max_connections_) {
        ++open_;
        return Slot::granted;
    }
    waiter->state = Waiter::State::waiting;
    queues_[waiter->worker].push_front(waiter);
    ++queued_;
    return Slot::wait;
}

bool OriginServer::leave_queue(const std::shared_ptr<Waiter>& waiter) {
    const std::lock_guard lock(mutex_);
    auto& queue = queues_[waiter->worker];
    const auto it = std::find(queue.begin(), queue.end(), waiter);
    if (it != queue.end()) {
        queue.erase(it);
        --queued_;
    }
    return waiter->state == Waiter::State::has_slot;
}

bool OriginServer::has_slot(const std::shared_ptr<Waiter>& waiter) const {
    const std::lock_guard lock(mutex_);
    return waiter->state == Waiter::State::has_slot;
}

void OriginServer::free_slot() {
    std::shared_ptr<Waiter> next;
    {
        const std::lock_guard lock(mutex_);
        for (std::size_t i = 0; i < queues_.size() && !next; ++i) {
            auto& queue = queues_[turn_++ % queues_.size()];
            if (queue.empty()) continue;
            next = std::move(queue.front());
            queue.pop_front();
            --queued_;
            next->state = Waiter::State::has_slot;
        }
        if (!next) --open_;
    }
    if (next) next->wakeup.notify();
}

bool OriginServer::become_tunnel() {
    if (tunnels_.fetch_add(1, std::memory_order_relaxed) >= max_tunnels_) {
        tunnel_ended();
        return false;
    }
    free_slot();
    return true;
}

bool OriginServer::offer_idle(unsigned worker, bool& others) {
    std::shared_ptr<Waiter> next;
    {
        const std::lock_guard lock(mutex_);
        others = false;
        if (queued_ == 0) return false;
        auto& queue = queues_[worker];
        // Every sixteenth time another worker's waiter goes first, so that a busy worker does not starve the rest.
        const bool pass_on = queue.empty() || (queued_ > queue.size() && ++turn_ % 16 == 0);
        if (pass_on) {
            others = true;
            return false;
        }
        next = std::move(queue.front());
        queue.pop_front();
        --queued_;
        next->state = Waiter::State::look_again;
    }
    next->wakeup.notify();
    return true;
}

unsigned OriginServer::open() const {
    const std::lock_guard lock(mutex_);
    return open_;
}

std::size_t OriginServer::queued() const {
    const std::lock_guard lock(mutex_);
    return queued_;
}

}  // namespace larder::proxy
