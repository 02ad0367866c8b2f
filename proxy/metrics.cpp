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
        "pinned_rate",
        "content_bytes",
        "followers",
        "fill_window",
        "malformed",
        "max_uploads",
        "paced_transfers",
        "max_tunnels",
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

Metrics::Metrics(unsigned worker_count) {
    for (unsigned i = 0; i < worker_count; ++i) workers.emplace_back(i);
}

}  // namespace larder::proxy
