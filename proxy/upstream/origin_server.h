// One server of an upstream, as all workers share it: where it is, whether it is well, and how many connections to it
// are open. The connections themselves belong to a worker (pool.h).
//
// Any thread.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "config/config.h"
#include "proxy/clock.h"
#include "proxy/upstream/paced_transfers.h"
#include "proxy/upstream/upload_permits.h"
#include "proxy/wakeup.h"

namespace larder::proxy {

using Addresses = std::vector<asio::ip::tcp::endpoint>;

class OriginServer {
  public:
    OriginServer(const config::Upstream&, const config::Server&, unsigned workers);

    const config::Server& where() const { return where_; }
    const std::string& authority() const { return authority_; }  // host[:port] as in a Host field
    bool named() const { return named_; }                        // needs a resolver

    // Goes on from what was known of the same server under other settings: addresses, health and ejection.
    void take_over(const OriginServer& former);

    // Addresses: null until a name has resolved for the first time. The last good answer stays.
    std::shared_ptr<const Addresses> addresses() const;
    void resolved(Addresses);

    std::size_t next_address() { return next_address_.fetch_add(1, std::memory_order_relaxed); }
    std::chrono::milliseconds keepalive() const { return keepalive_; }

    // Health. A server takes requests while its active check (if any) passes and it is not ejected.
    bool takes_requests(Steady::time_point now) const;
    bool well() const { return well_.load(std::memory_order_relaxed); }
    void connection_failed(Steady::time_point now);  // passive: refused, timed out, reset before a response
    void responded() { failures_.store(0, std::memory_order_relaxed); }
    void checked(bool well);  // active

    unsigned in_flight() const { return in_flight_.load(std::memory_order_relaxed); }
    void began() { in_flight_.fetch_add(1, std::memory_order_relaxed); }
    void ended() { in_flight_.fetch_sub(1, std::memory_order_relaxed); }

    // Slots: each open connection has one. A waiter gets either a slot or, from its own worker, an idle connection.
    struct Waiter {
        Waiter(Executor executor, unsigned at) : wakeup(executor), worker(at) {}
        Wakeup wakeup;
        unsigned worker;
        enum class State { waiting, has_slot, look_again };
        State state = State::waiting;  // under the lock of the server
    };
    enum class Slot { granted, wait, queue_full };
    Slot take_slot(const std::shared_ptr<Waiter>&);
    // For a waiter that was told to look again and found nothing: first in the queue, or granted.
    Slot queue_again(const std::shared_ptr<Waiter>&);
    // The waiter gives up. True: it had been given a slot meanwhile, which it must free or use.
    bool leave_queue(const std::shared_ptr<Waiter>&);
    // A connection was closed: the slot goes to a waiter, the workers taking turns.
    void free_slot();
    // A worker put a connection among its idle ones. Tells the worker's oldest waiter to look there; false: nobody of
    // this worker waits, and `others` says whether one of another worker does (close it then: its slot passes on).
    bool offer_idle(unsigned worker, bool& others);
    bool has_slot(const std::shared_ptr<Waiter>&) const;

    // Those that clients pace.
    UploadPermits& uploads() { return uploads_; }
    const std::shared_ptr<PacedTransfers>& paced_transfers() const { return paced_; }
    // An open connection becomes a tunnel: it counts as one, and its slot is free. False: there are as many as may be.
    bool become_tunnel();
    void tunnel_ended() { tunnels_.fetch_sub(1, std::memory_order_relaxed); }
    unsigned tunnels() const { return tunnels_.load(std::memory_order_relaxed); }

    unsigned open() const;
    std::size_t queued() const;

  private:
    const config::Server where_;
    const std::string authority_;
    const bool named_;
    const unsigned max_connections_;
    const std::size_t max_queue_;
    const unsigned max_failures_;
    const std::chrono::milliseconds ejection_time_;
    const std::chrono::milliseconds keepalive_;
    const config::HealthCheck health_;
    const unsigned max_tunnels_;
    UploadPermits uploads_;
    const std::shared_ptr<PacedTransfers> paced_;

    std::atomic<unsigned> tunnels_{0};
    std::atomic<unsigned> in_flight_{0};
    std::atomic<std::size_t> next_address_{0};
    std::atomic<unsigned> failures_{0};
    std::atomic<Steady::rep> ejected_until_{0};
    std::atomic<bool> well_{true};
    unsigned checks_in_a_row_ = 0;  // of the opinion opposite to well_; the checker's thread alone

    mutable std::mutex mutex_;
    std::shared_ptr<const Addresses> addresses_;               // under mutex_
    unsigned open_ = 0;                                        // under mutex_
    std::vector<std::deque<std::shared_ptr<Waiter>>> queues_;  // under mutex_, one a worker
    std::size_t queued_ = 0;                                   // under mutex_
    std::size_t turn_ = 0;                                     // under mutex_
};

}  // namespace larder::proxy
