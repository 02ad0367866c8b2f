// A worker: one thread, one event loop, its own listening sockets, its own upstream connections. What workers share is
// in Shared (shared.h); everything else of a worker is touched on its thread alone.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "proxy/client_connection.h"
#include "proxy/deadlines.h"
#include "proxy/listening.h"
#include "proxy/shared.h"
#include "proxy/task.h"
#include "proxy/upstream/pool.h"

namespace larder::proxy {

class Listener;

class Worker {
  public:
    Worker(Shared&, unsigned index);
    ~Worker();

    Executor executor() { return context_.get_executor(); }
    asio::io_context& context() { return context_; }
    unsigned index() const { return index_; }
    Shared& shared() { return shared_; }
    Deadlines& deadlines() { return deadlines_; }
    Pool& pool() { return pool_; }
    WorkerMetrics& metrics() { return metrics_; }
    // For numbers that only have to differ. On its thread.
    std::mt19937_64& random() { return random_; }

    // The configuration in force, as far as this worker knows. On its thread; whoever awaits keeps a pointer of his
    // own.
    const std::shared_ptr<const Running>& running() const { return running_; }

    // What changes in a worker when another configuration comes into force.
    struct Change {
        std::shared_ptr<const Running> running;
        // Sockets for addresses that are new, or another one for an address that is there already. What listens on an
        // address that the configuration does not have is closed.
        std::vector<std::pair<std::shared_ptr<const config::Listener>, ListeningSocket>> sockets;
    };
    // From any thread once it has started. `done` runs on the worker's thread.
    void adopt(Change change, std::function<void()> done);
    // Before start() or on its thread.
    void apply(Change change);

    void start();  // runs the loop on a thread of its own
    // From any thread. Stops accepting and closes what is idle; when the last connection has ended, or `hard`, the loop
    // ends.
    void stop(bool hard);
    void join();

    bool draining() const { return draining_; }
    // Client connections, for the drain and the cap.
    void opened(ClientConnection&);
    void closed(ClientConnection&);
    std::size_t connections() const { return connections_.size(); }
    bool at_connection_cap() const;
    // At the cap: lets connections go that are idle, a few at a time.
    void make_room();
    // Background work (a fill that outlives its client, a revalidation) keeps the loop alive while it lasts.
    void background_began() { ++background_; }
    void background_ended();

    void ask_others_to_shed(const OriginServer*);

    // Cuts clients that keep bytes in memory which no layer holds, so that `more` have room beside what is left of
    // them; 0: so that the account is not tight any more. The slowest first, and none that keeps limits.pinned_rate
    // unless the account is overdrawn.
    void shed_readers(std::uint64_t more);
    void ask_others_to_shed_readers(std::uint64_t more);

  private:
    static Task<void> housekeep(Worker& worker);
    void tick();
    void maybe_finish();
    void cut_slowest(std::uint64_t wanted, std::optional<std::uint64_t> below);

    Shared& shared_;
    const unsigned index_;
    asio::io_context context_{1};
    asio::executor_work_guard<Executor> guard_;
    Deadlines& deadlines_ = deadlines_of(context_.get_executor());
    WorkerMetrics& metrics_;
    Pool pool_;
    std::mt19937_64 random_;
    asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor> ticker_;
    std::shared_ptr<const Running> running_;
    std::vector<std::shared_ptr<Listener>> listeners_;
    boost::intrusive::list<ClientConnection, boost::intrusive::constant_time_size<true>> connections_;
    std::size_t connection_cap_ = 1;  // of all workers
    unsigned background_ = 0;
    unsigned ticks_ = 0;
    bool draining_ = false;
    bool hard_ = false;
    bool started_ = false;
    bool finished_ = false;
    std::thread thread_;
};

// Background work, for as long as this exists.
class Background {
  public:
    explicit Background(Worker& worker) : worker_(worker) {
        worker.background_began();
        worker.metrics().fills_in_flight.add(1);
    }
    ~Background() {
        worker_.metrics().fills_in_flight.add(-1);
        worker_.background_ended();
    }
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

  private:
    Worker& worker_;
};

}  // namespace larder::proxy
