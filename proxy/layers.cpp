#include "proxy/layers.h"

#include <algorithm>
#include <utility>

namespace larder::proxy {
namespace {

// The same layer, perhaps of another size.
bool continues(const config::Layer& one, const config::Layer& other) {
    return one.layer_name == other.layer_name && one.technology == other.technology &&
           one.file_system.path == other.file_system.path;
}

}  // namespace

Layers::Layers(const policy::Tickets& tickets, Events& events, const Clock& clock, std::uint64_t seed, unsigned workers)
    : tickets_(tickets), events_(events), clock_(clock), seed_(seed), workers_(workers) {}

Layers::~Layers() = default;

Tier Layers::make(const config::Config&, const config::Layer& settings) const {
    Tier tier;
    tier.settings = settings;
    tier.counters = std::make_shared<PerWorker<LayerCounters>>(workers_);
    storage::MemoryOptions options;
    options.max_bytes = settings.max_size_bytes;
    options.eviction = settings.eviction_policy;
    options.seed = seed_;
    tier.memory = std::make_shared<storage::MemoryLayer>(options);
    return tier;
}

std::vector<Tier> Layers::open(const config::Config& config) {
    std::vector<Tier> tiers;
    for (const config::Layer& settings : config.layers) {
        if (!settings.is_active) continue;
        const auto there = std::ranges::find_if(open_, [&](const Tier& t) { return continues(t.settings, settings); });
        if (there != open_.end()) {
            tiers.push_back(*there);
            tiers.back().settings = settings;
        } else {
            tiers.push_back(make(config, settings));
        }
    }
    return tiers;
}

void Layers::keep(const std::vector<Tier>& used) {
    for (Tier& tier : open_) {
        const bool kept = std::ranges::any_of(used, [&](const Tier& t) { return t.same_place(tier); });
        if (!kept) let_go_.push_back(std::move(tier));
    }
    for (const Tier& tier : used) {
        const config::Layer& settings = tier.settings;
        const auto before = std::ranges::find_if(open_, [&](const Tier& t) { return t.same_place(tier); });
        if (before == open_.end() || before->settings == settings) continue;
        if (tier.memory) tier.memory->change(settings.max_size_bytes, settings.eviction_policy, clock_.unix_time());
    }
    open_ = used;
}

void Layers::tend() {
    std::erase_if(let_go_, [](const Tier& tier) {
        return tier.memory ? tier.memory.use_count() == 1 : tier.layer.use_count() == 1;
    });
}

void Layers::close() {}

std::vector<std::string> Layers::directories() const {
    return {};
}

}  // namespace larder::proxy
