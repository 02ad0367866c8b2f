#include "proxy/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

namespace larder::proxy {

void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

std::size_t connection_cap(const config::Config& config) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return config.limits.connections;
    const std::size_t descriptors = limit.rlim_cur;
    const std::size_t own = 32 + 8 * config.listeners.size();
    const std::size_t rest = descriptors > own ? descriptors - own : 1;
    return std::min<std::size_t>(config.limits.connections, std::max<std::size_t>(rest * 2 / 3, 1));
}

}  // namespace larder::proxy
