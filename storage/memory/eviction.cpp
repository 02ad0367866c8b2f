#include "storage/memory/eviction.h"

#include <algorithm>

namespace larder::storage {

using config::EvictionPolicy;

namespace {

constexpr std::size_t samples = 16;

}  // namespace

Eviction::Rank Eviction::rank(const Candidate& entry) const {
    switch (policy_) {
        case EvictionPolicy::lfu:
            return {static_cast<double>(entry.hits), entry.touched};
        case EvictionPolicy::ttl:
            return {static_cast<double>(entry.fresh_until), entry.touched};
        case EvictionPolicy::custom:
            return {entry.inflation + static_cast<double>(1 + entry.hits) / static_cast<double>(entry.charge),
                    entry.touched};
        case EvictionPolicy::random:
            return {0, 0};
        case EvictionPolicy::lru:
        case EvictionPolicy::fifo:  // only among stale ones
            break;
    }
    return {0, entry.touched};
}

Candidate& Eviction::victim(std::span<Candidate* const> all, Candidate& oldest, UnixTime now) {
    const bool every_one = all.size() <= samples;
    Candidate* worst = nullptr;
    bool worst_fresh = true;
    Rank worst_rank;
    const std::size_t start = policy_ == EvictionPolicy::random ? draw(all.size()) : 0;
    for (std::size_t i = 0; i < std::min(samples, all.size()); ++i) {
        Candidate* entry = all[every_one ? (start + i) % all.size() : draw(all.size())];
        const bool fresh = now < entry->fresh_until;
        const Rank its_rank = rank(*entry);
        if (!worst || std::pair(fresh, its_rank) < std::pair(worst_fresh, worst_rank)) {
            worst = entry;
            worst_fresh = fresh;
            worst_rank = its_rank;
        }
    }
    if (policy_ == EvictionPolicy::fifo && worst_fresh) worst = &oldest;
    if (policy_ == EvictionPolicy::custom && worst_fresh) inflation_ = std::max(inflation_, worst_rank.first);
    return *worst;
}

// SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014), scaled to [0, below).
std::size_t Eviction::draw(std::size_t below) {
    random_ += 0x9E3779B97F4A7C15;
    std::uint64_t mixed = random_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    mixed ^= mixed >> 31;
    return static_cast<std::size_t>(((mixed >> 32) * below) >> 32);  // a shard has far fewer than 2^32 entries
}

}  // namespace larder::storage
