#include "proxy/layers.h"

namespace larder::proxy {

std::vector<Tier> make_layers(const config::Config& config, std::uint64_t seed) {
    std::vector<Tier> tiers;
    for (const config::Layer& layer : config.layers) {
        if (!layer.is_active || layer.technology != config::Technology::memory) continue;
        storage::MemoryOptions options;
        options.max_bytes = layer.max_size_bytes;
        options.eviction = layer.eviction_policy;
        options.seed = seed;
        tiers.push_back({layer, std::make_shared<storage::MemoryLayer>(options), nullptr});
    }
    return tiers;
}

}  // namespace larder::proxy
