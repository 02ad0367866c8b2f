#include "proxy/server.h"

#include <sys/stat.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <random>
#include <stdexcept>
#include <thread>

#include "config/address.h"
#include "proxy/admin/admin_listener.h"
#include "proxy/descriptors.h"
#include "proxy/upstream/health.h"
#include "proxy/worker.h"

namespace larder::proxy {
namespace {

using asio::ip::tcp;

unsigned worker_count(const config::Config& config) {
    if (config.threads != 0) return config.threads;
    return std::max(1U, std::thread::hardware_concurrency());
}

std::uint64_t random_seed() {
    std::random_device random;
    return std::uint64_t{random()} << 32 | random();
}

tcp::endpoint endpoint_of(const std::string& address) {
    const auto parsed = config::parse_address(address);
    if (!parsed) throw std::runtime_error(address + ": not an address to listen on; expected HOST:PORT");
    error_code error;
    if (parsed->host.empty()) {
        // Every address: one socket for IPv6 and IPv4, where this machine has IPv6 at all.
        asio::io_context probing;
        tcp::socket probe(probing);
        probe.open(tcp::v6(), error);
        return {error ? tcp::v4() : tcp::v6(), parsed->port};
    }
    const auto literal = asio::ip::make_address(parsed->host, error);
    if (!error) return {literal, parsed->port};
    asio::io_context context;
    tcp::resolver resolver(context);
    const auto results = resolver.resolve(parsed->host, std::to_string(parsed->port), error);
    if (error || results.empty()) {
        throw std::runtime_error(address + ": " + parsed->host + " does not resolve; use an address of this machine");
    }
    return results.begin()->endpoint();
}

std::string text(const tcp::endpoint& endpoint) {
    const std::string address = endpoint.address().to_string();
    return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

void make_data_dir(const std::string& path) {
    for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
        const std::string part = path.substr(0, slash);
        if (::mkdir(part.c_str(), 0750) != 0 && errno != EEXIST) {
            throw std::runtime_error("data_dir " + path + ": cannot make " + part + ": " + std::strerror(errno) +
                                     "; name a directory that Larder may write to (--data-dir)");
        }
        if (slash == std::string::npos) break;
    }
}

std::runtime_error cannot_listen(const std::string& address, const boost::system::system_error& error) {
    return std::runtime_error("cannot listen on " + address + ": " + error.code().message() +
                              "; is another process using it?");
}

}  // namespace

struct Server::Parts {
    explicit Parts(const config::Config& configuration);

    void start();
    void drain();
    void end();
    void wait_for_signal();
    void arm_ticker();

    std::string token;
    Shared shared;
    asio::io_context control{1};
    Deadlines deadlines;
    std::vector<tcp::endpoint> listening;
    std::unique_ptr<admin::Api> api;
    std::unique_ptr<admin::AdminListener> admin;
    asio::signal_set signals{control, SIGTERM, SIGINT};
    asio::steady_timer ticker{control};
    asio::steady_timer grace{control};
    std::thread joiner;
    bool draining = false;
};

Server::Parts::Parts(const config::Config& configuration)
    : shared(configuration, random_seed(), worker_count(configuration)) {
    const config::Config& config = shared.config;
    make_data_dir(config.data_dir);
    const unsigned workers = static_cast<unsigned>(shared.metrics.workers.size());
    for (unsigned i = 0; i < workers; ++i) shared.workers.push_back(std::make_unique<Worker>(shared, i));
    for (const config::Listener& listener : config.listeners) {
        auto endpoint = endpoint_of(listener.address);
        try {
            // The first worker's port, if the system chose one, is everybody's.
            for (const auto& worker : shared.workers) endpoint = worker->add_listener(listener, endpoint);
        } catch (const boost::system::system_error& error) {
            throw cannot_listen(listener.address, error);
        }
        listening.push_back(endpoint);
    }
    if (config.admin.address != "off") {
        token = admin::load_or_make_token(config.data_dir);
        api = std::make_unique<admin::Api>(shared, token, config.admin.address);
        try {
            admin = std::make_unique<admin::AdminListener>(control.get_executor(), shared, *api, deadlines,
                                                           endpoint_of(config.admin.address));
        } catch (const boost::system::system_error& error) {
            throw cannot_listen(config.admin.address, error);
        }
    }
}

void Server::Parts::start() {
    for (const auto& upstream : shared.upstreams) {
        for (const auto& server : upstream->servers()) {
            if (server->named()) {
                asio::co_spawn(control, keep_resolved(control.get_executor(), *upstream, server, shared.events),
                               asio::detached);
            }
            if (upstream->settings().health) {
                asio::co_spawn(control, keep_checked(control.get_executor(), *upstream, server, shared.events),
                               asio::detached);
            }
        }
    }
    for (const auto& worker : shared.workers) worker->start();
    for (const auto& endpoint : listening) {
        shared.events.emit("listening", {{"address", text(endpoint)}, {"side", std::string("client")}});
    }
    if (admin) {
        admin->start();
        shared.events.emit("listening", {{"address", text(admin->endpoint())}, {"side", std::string("admin")}});
    }
    arm_ticker();
    wait_for_signal();
}

void Server::Parts::arm_ticker() {
    ticker.expires_after(Deadlines::tick);
    ticker.async_wait([this](error_code error) {
        if (error) return;
        deadlines.check(Steady::now());
        arm_ticker();
    });
}

void Server::Parts::wait_for_signal() {
    signals.async_wait([this](error_code error, int) {
        if (error) return;
        if (draining) {
            end();
        } else {
            drain();
        }
        wait_for_signal();
    });
}

// The first signal: no new connections, those that are idle are closed, the rest may finish within the grace.
void Server::Parts::drain() {
    if (draining) return;
    draining = true;
    shared.draining.store(true);
    shared.events.emit("draining", {});
    for (const auto& worker : shared.workers) worker->stop(false);
    grace.expires_after(shared.config.limits.shutdown_grace);
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
    for (const auto& worker : shared.workers) worker->stop(true);
}

Server::Server(const config::Config& config) : parts_(std::make_unique<Parts>(config)) {}

Server::~Server() = default;

void Server::run() {
    std::signal(SIGPIPE, SIG_IGN);
    parts_->start();
    parts_->control.run();
    if (parts_->joiner.joinable()) parts_->joiner.join();
    parts_->shared.events.emit("stopped", {});
}

void Server::stop() {
    Parts* const parts = parts_.get();
    asio::post(parts->control, [parts] { parts->drain(); });
}

const std::vector<tcp::endpoint>& Server::listening() const {
    return parts_->listening;
}

tcp::endpoint Server::admin_listening() const {
    return parts_->admin ? parts_->admin->endpoint() : tcp::endpoint();
}

const std::string& Server::admin_token() const {
    return parts_->token;
}

}  // namespace larder::proxy
