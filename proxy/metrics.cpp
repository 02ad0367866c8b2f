#include "proxy/metrics.h"

namespace larder::proxy {

const char* word(Result result) {
    static constexpr const char* words[] = {"hit", "stale", "miss", "bypass", "error"};
    return words[static_cast<int>(result)];
}

const char* word(Limit limit) {
    static constexpr const char* words[] = {
        "request_head",
        "request_head_timeout",
        "request_body",
        "request_body_timeout",
        "write_timeout",
        "connections",
        "connections_per_client",
        "fills_bytes",
        "followers",
        "fill_window",
        "malformed",
    };
    return words[static_cast<int>(limit)];
}

void Histogram::record(std::chrono::nanoseconds took) {
    const double seconds = std::chrono::duration<double>(took).count();
    std::size_t i = 0;
    while (i < bounds.size() && seconds > bounds[i]) ++i;
    buckets[i].add();
    nanoseconds.add(took.count());
}

WorkerMetrics::WorkerMetrics(std::size_t strategies, std::size_t upstream_count, std::size_t layer_count)
    : requests(strategies + 1), layers(layer_count) {
    for (std::size_t i = 0; i < upstream_count; ++i) upstreams.push_back(std::make_unique<ForUpstream>());
}

Metrics::Metrics(const config::Config& config, std::size_t strategies, unsigned worker_count) {
    for (unsigned i = 0; i < worker_count; ++i) {
        workers.emplace_back(strategies, config.upstreams.size(), config.layers.size());
    }
}

}  // namespace larder::proxy
