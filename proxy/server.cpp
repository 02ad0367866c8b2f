#include "proxy/server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <stdexcept>
#include <thread>

#include "proxy/admin/admin_listener.h"
#include "proxy/admin/invalidations.h"
#include "proxy/data_dir.h"
#include "proxy/descriptors.h"
#include "proxy/handover.h"
#include "proxy/listening.h"
#include "proxy/relay.h"
#include "proxy/upstream/health.h"
#include "proxy/worker.h"

namespace larder::proxy {
namespace {

using asio::ip::tcp;

unsigned worker_count(const config::Config& config) {
    if (config.threads != 0) return config.threads;
    return std::max(1U, std::thread::hardware_concurrency());
}

// Tickets count up; what is stored has those of the runs before, so each run's are larger.
policy::Sequence first_ticket(std::uint64_t run) {
    return run << 30;
}

}  // namespace

struct Server::Parts {
    Parts(const config::Config& configuration, const Source& source);

    void start();
    DataDir::Identity begin(const config::Config& config);
    void remember_layers();
    void adopted(const Running& before, std::optional<ListeningSocket> admin_socket);
    void serve_admin(ListeningSocket socket);
    void watch(const std::shared_ptr<Upstream>& upstream);
    void drain(const char* why);
    void close_listeners();
    void end();
    static Task<void> obey_signals(Parts& parts);
    static Task<void> housekeep(Parts& parts);
    void signalled(int signal);

    DataDir data_dir;
    std::optional<Predecessor> predecessor;  // the process that has data_dir, and hands over to this one
    Inherited inherited;
    DataDir::Identity identity;
    std::string token;
    Shared shared;
    asio::io_context control{1};
    Deadlines& deadlines = deadlines_of(control.get_executor());
    Relay relay;
    Listening listening;
    Reload reload;
    std::unique_ptr<admin::Api> api;
    std::shared_ptr<admin::AdminListener> admin;
    std::unique_ptr<Successor> successor;  // waits for the process that takes over from this one
    asio::basic_signal_set<Executor> signals{control.get_executor(), SIGTERM, SIGINT, SIGHUP};
    asio::steady_timer delay{control};
    asio::steady_timer grace{control};
    std::thread joiner;
    unsigned asked_to_stop = 0;
    bool layers_known = true;  // to the next run
    bool draining = false;
    bool taken_over = false;
    std::optional<Steady::time_point> hand_on_at;  // the layers, to the process that took over
};

Server::Parts::Parts(const config::Config& configuration, const Source& source)
    : data_dir(configuration.data_dir),
      inherited(Inherited::from_systemd()),
      identity(begin(configuration)),
      shared(configuration, identity.seed, worker_count(configuration), first_ticket(identity.run), identity.layers),
      relay(control.get_executor(), shared.loops,
            {[this](std::string order) { return admin::apply_order(control.get_executor(), shared, std::move(order)); },
             [this] {
                 taken_over = true;
                 drain("another process took over");
             },
             [this] { return find_newest(control.get_executor(), data_dir.path()); },
             [this] { data_dir.distrust_layers(); }}),
      listening(shared.metrics.workers.size()),
      reload(control.get_executor(), shared, listening, source,
             [this](const Running& before, std::optional<ListeningSocket> socket) {
                 adopted(before, std::move(socket));
             }) {
    shared.relay = &relay;
    shared.searches.keep(data_dir.file("no_vary_search"));
    const auto running = shared.running();
    const config::Config& config = running->config;
    const unsigned workers = static_cast<unsigned>(shared.metrics.workers.size());
    for (unsigned i = 0; i < workers; ++i) shared.workers.push_back(std::make_unique<Worker>(shared, i));
    std::vector<OpenedListener> opened;
    for (const config::Listener& listener : config.listeners) {
        opened.push_back({std::make_shared<const config::Listener>(listener),
                          listening.open(listener.address, Sharing::between_workers, inherited)});
    }
    auto sockets = spread(std::move(opened), workers);
    for (unsigned i = 0; i < workers; ++i) shared.workers[i]->apply({running, std::move(sockets[i])});
    token = admin::load_or_make_token(config.data_dir);
    api = std::make_unique<admin::Api>(shared, token, [this] { return reload.run(); });
    if (config.admin.address != "off") {
        serve_admin(std::move(listening.open(config.admin.address, Sharing::with_nobody, inherited).front()));
    }
    if (!identity.kept) {
        shared.events.emit("data_dir_not_written",
                           {{"data_dir", config.data_dir}, {"lost", std::string("what is stored, at the next start")}});
    }
    remember_layers();
}

// For the next run. What is not written now is tried again: it would believe what a layer holds that was not in use.
void Server::Parts::remember_layers() {
    const bool known = data_dir.use_layers(shared.layers.directories());
    if (!known && layers_known) {
        shared.events.emit("data_dir_not_written",
                           {{"data_dir", data_dir.path()}, {"lost", std::string("which layers are in use")}});
    }
    layers_known = known;
}

// Takes data_dir, or the place of the process that has it.
DataDir::Identity Server::Parts::begin(const config::Config& config) {
    if (!data_dir.lock()) {
        predecessor.emplace(config.data_dir);
        inherited.add(predecessor->take_sockets());
        const bool same_place = std::ranges::any_of(config.listeners, [&](const config::Listener& listener) {
            return inherited.has(endpoint_of(listener.address));
        });
        if (!same_place) {
            throw std::runtime_error("data_dir " + config.data_dir + " is in use by process " +
                                     std::to_string(predecessor->pid()) +
                                     ", which listens elsewhere; name another directory (data_dir, --data-dir), or the "
                                     "same listeners to take over from it");
        }
    }
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return data_dir.begin_run(
        static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count()));
}

void Server::Parts::serve_admin(ListeningSocket socket) {
    if (admin) admin->close();
    admin = std::make_shared<admin::AdminListener>(control.get_executor(), shared, *api, deadlines, std::move(socket));
}

void Server::Parts::watch(const std::shared_ptr<Upstream>& upstream) {
    const Executor executor = control.get_executor();
    const std::weak_ptr<Upstream> weak = upstream;
    for (const auto& server : upstream->servers()) {
        if (server->named()) {
            shared.loops.keep(executor, Loop::resolver,
                              [=, this] { return keep_resolved(executor, weak, server, shared.events); });
        }
        if (upstream->settings().health) {
            shared.loops.keep(executor, Loop::health_check,
                              [=, this] { return keep_checked(executor, weak, server, shared.events); });
        }
    }
}

void Server::Parts::start() {
    const auto running = shared.running();
    for (const auto& upstream : running->upstreams) watch(upstream);
    // From before the first request that is answered here.
    if (predecessor) {
        relay.join(predecessor->join(control.get_executor()), Relay::Peer::older, Relay::Side::connected);
    }
    for (const auto& worker : shared.workers) worker->start();
    for (const config::Listener& listener : running->config.listeners) {
        shared.events.emit("listening",
                           {{"address", text(listening.endpoint(listener.address))}, {"side", std::string("client")}});
    }
    if (admin) {
        admin->start();
        shared.events.emit("listening", {{"address", text(admin->endpoint())}, {"side", std::string("admin")}});
    }
    // Before the one that was here may end: whoever is joined with it finds this one in its place.
    successor = std::make_unique<Successor>(control, data_dir.path(), shared.loops, shared.events, relay,
                                            [this] { return listening.descriptors(); });
    if (predecessor) {
        shared.events.emit("taking_over", {{"pid", static_cast<std::int64_t>(predecessor->pid())}});
        relay.serving();
    }
    shared.loops.keep(control.get_executor(), Loop::housekeeping, [this] { return housekeep(*this); });
    shared.loops.keep(control.get_executor(), Loop::signals, [this] { return obey_signals(*this); });
}

// After a reload: what the control thread does besides.
void Server::Parts::adopted(const Running& before, std::optional<ListeningSocket> admin_socket) {
    const auto running = shared.running();
    for (const auto& upstream : running->upstreams) {
        const bool known = std::ranges::find(before.upstreams, upstream) != before.upstreams.end();
        if (!known) watch(upstream);
    }
    for (const config::Listener& listener : running->config.listeners) {
        if (std::ranges::find(before.config.listeners, listener.address, &config::Listener::address) !=
            before.config.listeners.end()) {
            continue;
        }
        shared.events.emit("listening",
                           {{"address", text(listening.endpoint(listener.address))}, {"side", std::string("client")}});
    }
    remember_layers();
    if (running->config.admin.address == before.config.admin.address) return;
    if (admin) admin->close();
    admin.reset();
    if (!admin_socket) return;
    serve_admin(std::move(*admin_socket));
    admin->start();
    shared.events.emit("listening", {{"address", text(admin->endpoint())}, {"side", std::string("admin")}});
}

Task<void> Server::Parts::housekeep(Parts& parts) {
    asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor> ticker(parts.control.get_executor());
    for (;;) {
        ticker.expires_after(Deadlines::tick);
        const auto [error] = co_await ticker.async_wait(no_throw);
        if (error) co_return;
        const auto now = Steady::now();
        parts.deadlines.check(now);
        parts.relay.tend(now);
        parts.shared.layers.tend();
        if (parts.hand_on_at && now >= *parts.hand_on_at) parts.shared.layers.hand_on();
        if (parts.draining) continue;
        parts.data_dir.try_lock();  // as soon as the process before this one is gone
        parts.remember_layers();
    }
}

Task<void> Server::Parts::obey_signals(Parts& parts) {
    for (;;) {
        const auto [error, signal] = co_await parts.signals.async_wait(no_throw);
        if (error) co_return;
        parts.signalled(signal);
    }
}

void Server::Parts::signalled(int signal) {
    if (signal == SIGHUP) {
        asio::co_spawn(control, reload.run(), [this](std::exception_ptr exception, std::vector<config::Complaint>) {
            shared.loops.failed(Errand::reload, exception);
        });
    } else if (++asked_to_stop == 1) {
        drain("signal");
    } else {
        end();
    }
}

// The first signal: no new connections, those that are idle are closed, the rest may finish within the grace.
void Server::Parts::drain(const char* reason) {
    if (draining) return;
    draining = true;
    shared.draining.store(true);
    shared.events.emit("draining", {{"reason", std::string(reason)}});
    const auto& limits = shared.running()->config.limits;
    // Whoever asks /readyz may look away first.
    delay.expires_after(taken_over ? std::chrono::milliseconds(0) : limits.drain_delay);
    delay.async_wait([this](error_code) { close_listeners(); });
}

void Server::Parts::close_listeners() {
    const auto grace_time = shared.running()->config.limits.shutdown_grace;
    if (successor && !taken_over) successor->withdraw();
    successor.reset();
    listening.close_all();
    if (taken_over) {
        if (admin) admin->close();  // from now on the other one is asked
        // Requests that are about to end may still store and invalidate.
        hand_on_at = Steady::now() + shared.running()->config.limits.drain_idle;
    }
    for (const auto& worker : shared.workers) worker->stop(false);
    grace.expires_after(grace_time);
    grace.async_wait([this](error_code error) {
        if (!error) end();
    });
    // Waits for the workers without keeping the admin side waiting.
    joiner = std::thread([this] {
        for (const auto& worker : shared.workers) worker->join();
        asio::post(control, [this] { control.stop(); });
    });
}

void Server::Parts::end() {
    delay.cancel();
    relay.close();  // nobody waits for another process any more
    for (const auto& worker : shared.workers) worker->stop(true);
}

Server::Server(const config::Config& config, const Source& source, const std::vector<config::Complaint>& warnings)
    : parts_(std::make_unique<Parts>(config, source)) {
    tell_warnings(parts_->shared.events, warnings);
}

Server::~Server() = default;

void Server::run() {
    std::signal(SIGPIPE, SIG_IGN);
    parts_->start();
    parts_->shared.loops.run_context(parts_->control);
    if (parts_->joiner.joinable()) parts_->joiner.join();
    parts_->shared.layers.close();
    parts_->shared.events.emit("stopped", {});
}
}  // namespace larder::proxy
