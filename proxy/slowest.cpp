#include "proxy/slowest.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

namespace larder::proxy {

std::vector<Choice> slowest(const std::vector<Pinning>& readers, std::uint64_t wanted,
                            std::optional<std::uint64_t> below) {
    constexpr auto unknown = std::numeric_limits<std::uint64_t>::max();
    std::unordered_map<const void*, std::size_t> readers_of;
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < readers.size(); ++i) {
        if (readers[i].bytes == 0) continue;
        if (readers[i].shared) ++readers_of[readers[i].shared];
        if (!below || (readers[i].rate && *readers[i].rate < *below)) order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return readers[a].rate.value_or(unknown) < readers[b].rate.value_or(unknown);
    });
    std::vector<Choice> chosen;
    std::uint64_t freed = 0;
    for (const std::size_t i : order) {
        if (freed >= wanted) break;
        const bool last = !readers[i].shared || --readers_of[readers[i].shared] == 0;
        chosen.push_back({i, last ? readers[i].bytes : 0});
        freed += chosen.back().bytes;
    }
    return chosen;
}

}  // namespace larder::proxy
