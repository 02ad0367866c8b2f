#include "config/flags.h"

#include <algorithm>

#include "config/characters.h"
#include "config/shapes.h"

namespace larder::config {
namespace {

void listen(const Flags& flags, Config& config, Complaints& complaints) {
    if (flags.listen.empty()) return;
    std::vector<Listener> listeners;
    for (const std::string& text : flags.listen) {
        const auto address = address_shape(text);
        if (!address) {
            complaints.add_flag("--listen", in_quotes(text), address_form().type());
            continue;
        }
        const auto same = std::ranges::find(config.listeners, *address, &Listener::address);
        Listener listener;
        listener.address = *address;
        listeners.push_back(same == config.listeners.end() ? std::move(listener) : *same);
    }
    config.listeners = std::move(listeners);
}

void upstream(const Flags& flags, Config& config, Complaints& complaints) {
    if (flags.upstream.empty()) return;
    std::vector<Server> servers;
    for (const std::string& text : flags.upstream) {
        const bool has_scheme = text.find("://") != std::string::npos;
        auto server = parse_server(has_scheme ? text : "http://" + text);
        if (!server) {
            complaints.add_flag("--upstream", in_quotes(text), server_form().type());
        } else if (std::ranges::find(servers, *server) != servers.end()) {
            complaints.add_flag("--upstream", "a second " + in_quotes(text), "each server once: remove it");
        } else {
            servers.push_back(std::move(*server));
        }
    }
    if (config.upstreams.empty()) config.upstreams.emplace_back().name = "default";
    for (Upstream& each : config.upstreams) each.servers = servers;
}

}  // namespace

void apply_flags(const Flags& flags, Config& config, Complaints& complaints) {
    listen(flags, config, complaints);
    upstream(flags, config, complaints);
    if (!flags.admin.empty()) {
        if (const auto address = admin_shape(flags.admin)) {
            config.admin.address = *address;
        } else {
            complaints.add_flag("--admin", in_quotes(flags.admin), "HOST:PORT, [IPv6]:PORT, :PORT or off");
        }
    }
    if (flags.threads) {
        config.threads = *flags.threads;
        if (config.threads > 1024)
            complaints.add_flag("--threads", std::to_string(config.threads), "a number from 0 to 1024");
    }
    if (!flags.data_dir.empty()) config.data_dir = flags.data_dir;
    if (!flags.access_log.empty()) config.access_log = flags.access_log;
}

}  // namespace larder::config
