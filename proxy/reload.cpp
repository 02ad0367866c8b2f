#include "proxy/reload.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <stdexcept>

#include "proxy/upstream/health.h"
#include "proxy/wakeup.h"
#include "proxy/worker.h"

namespace larder::proxy {
namespace {

constexpr std::chrono::milliseconds resolve_patience{5000};

// `what`: what was found, and behind a semicolon what helps.
config::Complaint complaint(const Source& source, const std::string& field, const std::string& what) {
    const std::size_t cure = what.find("; ");
    return {source.file.empty() ? "command line" : source.file,
            0,
            0,
            field,
            what.substr(0, cure),
            cure == std::string::npos ? "what this machine can do" : what.substr(cure + 2)};
}

// One reload at a time: its turn ends however it ends.
class Turn {
  public:
    explicit Turn(bool& busy) : busy_(busy) { busy_ = true; }
    ~Turn() { busy_ = false; }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

  private:
    bool& busy_;
};

}  // namespace

config::Loaded Source::load(std::vector<config::Complaint>* warnings) const {
    return file.empty() ? config::load("", "", flags, warnings) : config::load_file(file, flags, warnings);
}

void tell_warnings(Events& events, const std::vector<config::Complaint>& warnings) {
    for (const auto& warning : warnings) {
        events.emit("configuration_warning", {{"warning", config::warning_text(warning)}});
    }
}

std::vector<std::vector<std::pair<std::shared_ptr<const config::Listener>, ListeningSocket>>> spread(
    std::vector<OpenedListener> opened, std::size_t workers) {
    std::vector<std::vector<std::pair<std::shared_ptr<const config::Listener>, ListeningSocket>>> by_worker(workers);
    for (OpenedListener& listener : opened) {
        for (std::size_t i = 0; i < listener.sockets.size(); ++i) {
            by_worker[i % workers].emplace_back(listener.settings, std::move(listener.sockets[i]));
        }
    }
    return by_worker;
}

Reload::Reload(Executor control, Shared& shared, Listening& listening, Source source, Adopted adopted)
    : control_(std::move(control)),
      shared_(shared),
      listening_(listening),
      source_(std::move(source)),
      adopted_(std::move(adopted)) {}

Task<std::vector<config::Complaint>> Reload::run() {
    asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor> rest(control_);
    while (busy_) {
        rest.expires_after(std::chrono::milliseconds(5));
        const auto [error] = co_await rest.async_wait(no_throw);
        if (error) break;
    }
    std::vector<config::Complaint> complaints;
    {
        const Turn turn(busy_);
        complaints = co_await run_alone();
    }
    if (complaints.empty()) {
        shared_.metrics.reloads.fetch_add(1, std::memory_order_relaxed);
        shared_.events.emit("reloaded", {{"file", source_.file}});
    } else {
        shared_.metrics.reloads_refused.fetch_add(1, std::memory_order_relaxed);
        shared_.events.emit("reload_refused", {{"complaint", config::to_string(complaints.front())},
                                               {"complaints", static_cast<std::int64_t>(complaints.size())}});
    }
    co_return complaints;
}

Task<std::vector<config::Complaint>> Reload::run_alone() {
    if (shared_.draining.load()) {
        co_return std::vector{complaint(source_, "", "the process is stopping; start another one")};
    }
    const auto before = shared_.running();
    std::vector<config::Complaint> warnings;
    config::Loaded loaded = config::load_for_reload(before->config, source_.file, source_.flags, &warnings);
    if (auto* complaints = std::get_if<std::vector<config::Complaint>>(&loaded)) co_return std::move(*complaints);
    config::Config& config = std::get<config::Config>(loaded);

    std::shared_ptr<const Running> next;
    std::vector<OpenedListener> opened;
    std::optional<ListeningSocket> admin;
    std::vector<config::Complaint> complaints;
    const std::string admin_address = config.admin.address;
    const bool admin_moves = admin_address != before->config.admin.address;
    std::string field;
    try {
        Inherited none;
        for (std::size_t i = 0; i < config.listeners.size(); ++i) {
            const config::Listener& listener = config.listeners[i];
            field = "listeners[" + std::to_string(i) + "].address";
            if (listening_.has(listener.address)) continue;
            auto sockets = listening_.open(listener.address, Sharing::between_workers, none);
            opened.push_back({std::make_shared<const config::Listener>(listener), std::move(sockets)});
        }
        field = "admin.address";
        if (admin_moves && admin_address != "off") {
            admin = std::move(listening_.open(admin_address, Sharing::with_nobody, none).front());
        }
        field = "layers";
        next = shared_.prepare(std::move(config));
    } catch (const std::exception& error) {
        for (const OpenedListener& listener : opened) listening_.close(listener.settings->address);
        if (admin_moves) listening_.close(admin_address);
        complaints.push_back(complaint(source_, field, error.what()));
    }
    if (!complaints.empty()) co_return complaints;
    co_await resolve_new_names(*next, *before);
    co_await put_in_force(std::move(next), std::move(opened));
    for (const config::Listener& listener : before->config.listeners) {
        const auto& now = shared_.running()->config.listeners;
        const bool kept = std::ranges::find(now, listener.address, &config::Listener::address) != now.end();
        if (!kept) listening_.close(listener.address);
    }
    if (admin_moves) listening_.close(before->config.admin.address);
    tell_warnings(shared_.events, warnings);
    adopted_(*before, std::move(admin));
    co_return complaints;
}

// The first requests to a server with a name must not fail for want of its address.
Task<void> Reload::resolve_new_names(const Running& next, const Running& before) {
    for (const auto& upstream : next.upstreams) {
        const bool known = std::ranges::find(before.upstreams, upstream) != before.upstreams.end();
        if (known) continue;
        for (const auto& server : upstream->servers()) {
            if (server->named() && !server->addresses()) co_await resolve_once(control_, server, resolve_patience);
        }
    }
}

Task<void> Reload::put_in_force(std::shared_ptr<const Running> next, std::vector<OpenedListener> opened) {
    shared_.adopt(next);
    struct Waiting {
        explicit Waiting(Executor executor) : wakeup(std::move(executor)) {}
        std::atomic<std::size_t> left{0};
        Wakeup wakeup;
    };
    const auto waiting = std::make_shared<Waiting>(control_);
    waiting->left = shared_.workers.size();
    auto sockets = spread(std::move(opened), shared_.workers.size());
    for (std::size_t w = 0; w < shared_.workers.size(); ++w) {
        Worker::Change change{next, std::move(sockets[w])};
        shared_.workers[w]->adopt(std::move(change), [waiting] {
            if (--waiting->left == 0) waiting->wakeup.notify();
        });
    }
    while (waiting->left > 0) co_await waiting->wakeup.wait();
}

}  // namespace larder::proxy
