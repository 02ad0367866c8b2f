#include "proxy/layers.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "storage/disk/disk_layer.h"

namespace larder::proxy {
namespace {

// The same layer, perhaps of another size.
bool continues(const config::Layer& one, const config::Layer& other) {
    return one.layer_name == other.layer_name && one.technology == other.technology &&
           one.file_system.path == other.file_system.path;
}

std::string directory_of(const config::Config& config, const config::Layer& settings) {
    return (std::filesystem::path(config.data_dir) / settings.file_system.path).string();
}

}  // namespace

Layers::Layers(storage::Account& account, Events& events, const Clock& clock, std::uint64_t seed, unsigned workers,
               std::vector<std::string> kept)
    : account_(account), events_(events), clock_(clock), seed_(seed), workers_(workers), kept_(std::move(kept)) {}

Layers::~Layers() = default;

Tier Layers::make(const config::Config& config, const config::Layer& settings) {
    Tier tier;
    tier.settings = settings;
    tier.counters = std::make_shared<PerWorker<LayerCounters>>(workers_);
    if (settings.technology == config::Technology::file_system) {
        tier.layer = make_disk(config, settings);
        tier.health = std::make_shared<Tier::Health>();
        return tier;
    }
    storage::MemoryOptions options;
    options.max_bytes = settings.max_size_bytes;
    options.eviction = settings.eviction_policy;
    options.seed = seed_;
    tier.memory = std::make_shared<storage::MemoryLayer>(options);
    return tier;
}

std::shared_ptr<storage::Layer> Layers::make_disk(const config::Config& config, const config::Layer& settings) {
    storage::DiskOptions options;
    options.directory = directory_of(config, settings);
    options.max_bytes = settings.max_size_bytes;
    options.eviction = settings.eviction_policy;
    options.seed = seed_;
    options.readers = settings.file_system.readers;
    options.timeout = settings.file_system.timeout;
    options.queue_bytes = settings.file_system.queue_bytes;
    options.account = &account_;
    options.now = [&clock = clock_] { return clock.unix_time(); };
    options.report = [&events = events_, layer = std::string(config::word(settings.layer_name))](
                         std::string_view event, const std::string& detail) {
        events.emit(event, {{"layer", layer}, {"detail", detail}});
    };
    options.keep_content = std::ranges::find(kept_, settings.file_system.path) != kept_.end();
    return std::make_shared<storage::DiskLayer>(options);
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
        if (tier.layer) tier.layer->change(settings);
    }
    open_ = used;
    kept_.clear();
    directories_.clear();
    for (const Tier& tier : open_) {
        if (tier.settings.technology != config::Technology::file_system) continue;
        directories_.push_back(tier.settings.file_system.path);
    }
}

void Layers::tend() {
    std::erase_if(let_go_, [](const Tier& tier) {
        return tier.memory ? tier.memory.use_count() == 1 : tier.layer.use_count() == 1;
    });
}

void Layers::close() {
    for (const auto* tiers : {&open_, &let_go_}) {
        for (const Tier& tier : *tiers) {
            if (tier.layer) tier.layer->release();
        }
    }
}

void Layers::hand_on() {
    for (const auto* tiers : {&open_, &let_go_}) {
        for (const Tier& tier : *tiers) {
            if (tier.layer && !tier.layer->in_use()) tier.layer->release();
        }
    }
}

}  // namespace larder::proxy
