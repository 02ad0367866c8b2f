#include "proxy/running.h"

#include <algorithm>
#include <stdexcept>

namespace larder::proxy {
namespace {

std::shared_ptr<Upstream> made_anew(const config::Upstream& settings, const Upstream* before, unsigned workers) {
    try {
        return std::make_shared<Upstream>(settings, workers, before);
    } catch (const boost::system::system_error& error) {
        throw std::runtime_error("upstreams." + settings.name + ": tls_ca_file " + settings.tls_ca_file + ": " +
                                 error.code().message() + "; name a readable file with PEM certificates");
    }
}

std::vector<std::shared_ptr<Upstream>> make_upstreams(const config::Config& config, const Running* before,
                                                      unsigned workers) {
    std::vector<std::shared_ptr<Upstream>> made;
    for (const config::Upstream& settings : config.upstreams) {
        std::shared_ptr<Upstream> same;
        if (before) {
            const auto found = std::ranges::find_if(
                before->upstreams, [&](const auto& upstream) { return upstream->settings().name == settings.name; });
            if (found != before->upstreams.end()) same = *found;
        }
        const bool unchanged = same && same->settings() == settings;
        made.push_back(unchanged ? std::move(same) : made_anew(settings, same.get(), workers));
    }
    return made;
}

std::shared_ptr<AccessLog> open_log(const config::Config& config, const Running* before) {
    if (before && before->config.access_log == config.access_log) {
        before->access_log->reopen();
        return before->access_log;
    }
    return std::make_shared<AccessLog>(config.access_log);
}

}  // namespace

Running::Running(config::Config configuration, const Running* before, unsigned workers, std::vector<Tier> layers,
                 policy::Tickets& tickets)
    : config(std::move(configuration)),
      strategies(config),
      routes(config),
      upstreams(make_upstreams(config, before, workers)),
      tiers(std::make_unique<Tiers>(std::move(layers), strategies, tickets)),
      access_log(open_log(config, before)) {
    for (const policy::Strategy& strategy : strategies.all()) {
        std::shared_ptr<PerWorker<StrategyCounters>> counters;
        for (std::size_t i = 0; before && i < before->by_strategy.size(); ++i) {
            if (before->strategies.all()[i].name == strategy.name) counters = before->by_strategy[i];
        }
        if (!counters) counters = std::make_shared<PerWorker<StrategyCounters>>(workers);
        by_strategy.push_back(std::move(counters));
    }
    without_strategy = before ? before->without_strategy : std::make_shared<PerWorker<StrategyCounters>>(workers);
}

}  // namespace larder::proxy
