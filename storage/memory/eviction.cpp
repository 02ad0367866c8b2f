#include "storage/memory/eviction.h"

#include <algorithm>

namespace larder::storage {

using config::EvictionPolicy;

namespace {

constexpr std::size_t samples = 16;

double gdsf(const Candidate& entry) {
    return entry.inflation + static_cast<double>(1 + entry.hits) / static_cast<double>(entry.charge);
}

}  // namespace

void Eviction::change(EvictionPolicy policy) {
    policy_ = policy;
    for (Candidate* entry : all_) entry->placed = policy == EvictionPolicy::custom ? gdsf(*entry) : 0;
    // Sorted, it is a heap.
    std::sort(all_.begin(), all_.end(), [](const Candidate* a, const Candidate* b) { return a->placed < b->placed; });
    for (std::size_t slot = 0; slot < all_.size(); ++slot) all_[slot]->slot = slot;
}

void Eviction::add(Candidate& entry) {
    all_.push_back(nullptr);
    put(entry, all_.size() - 1);
}

void Eviction::remove(Candidate& entry) {
    Candidate& last = *all_.back();
    all_.pop_back();
    if (&last == &entry) return;
    put(last, entry.slot);
    settle(last);
}

void Eviction::stored(Candidate& entry) {
    touch(entry);
    if (policy_ != EvictionPolicy::custom) return;
    entry.placed = gdsf(entry);
    settle(entry);
}

Candidate& Eviction::victim(Candidate& oldest, UnixTime now) {
    const bool every_one = all_.size() <= samples;
    const std::size_t start = draw(all_.size());
    Candidate* worst = nullptr;
    bool worst_fresh = true;
    Rank worst_rank;
    for (std::size_t i = 0; i < std::min(samples, all_.size()); ++i) {
        Candidate* entry = all_[every_one ? (start + i) % all_.size() : draw(all_.size())];
        const bool fresh = now < entry->fresh_until;
        const Rank its_rank = rank(*entry);
        if (!worst || std::pair(fresh, its_rank) < std::pair(worst_fresh, worst_rank)) {
            worst = entry;
            worst_fresh = fresh;
            worst_rank = its_rank;
        }
    }
    if (!worst_fresh) return *worst;
    if (policy_ == EvictionPolicy::fifo) return oldest;
    if (policy_ == EvictionPolicy::custom) return lowest_of_all();
    return *worst;
}

Eviction::Rank Eviction::rank(const Candidate& entry) const {
    switch (policy_) {
        case EvictionPolicy::lfu:
            return {static_cast<double>(entry.hits), entry.touched};
        case EvictionPolicy::ttl:
            return {static_cast<double>(entry.fresh_until), entry.touched};
        case EvictionPolicy::random:
            return {0, 0};
        case EvictionPolicy::lru:
        case EvictionPolicy::fifo:    // among stale ones
        case EvictionPolicy::custom:  // likewise
            break;
    }
    return {0, entry.touched};
}

Candidate& Eviction::lowest_of_all() {
    constexpr int most_looks = 64;
    for (int looks = 0; looks < most_looks; ++looks) {
        Candidate& top = *all_.front();
        const double now_rank = gdsf(top);
        if (now_rank <= top.placed) break;
        top.placed = now_rank;
        settle(top);
    }
    inflation_ = std::max(inflation_, all_.front()->placed);
    return *all_.front();
}

// Moves the entry up or down to where its `placed` belongs.
void Eviction::settle(Candidate& entry) {
    std::size_t slot = entry.slot;
    while (slot > 0 && entry.placed < all_[(slot - 1) / 2]->placed) {
        put(*all_[(slot - 1) / 2], slot);
        slot = (slot - 1) / 2;
    }
    for (;;) {
        std::size_t child = 2 * slot + 1;
        if (child + 1 < all_.size() && all_[child + 1]->placed < all_[child]->placed) ++child;
        if (child >= all_.size() || !(all_[child]->placed < entry.placed)) break;
        put(*all_[child], slot);
        slot = child;
    }
    put(entry, slot);
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
