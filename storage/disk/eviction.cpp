#include "storage/disk/eviction.h"

#include <algorithm>
#include <limits>
#include <string>
#include <tuple>

#include "storage/disk/bytes.h"

namespace larder::storage::disk {

namespace {

// So many entries that point to nothing are removed before it is given up: damage, or a bug.
constexpr int most_dangling = 256;
constexpr int most_looks = 64;
constexpr unsigned samples = 16;

}  // namespace

std::uint64_t Eviction::evict(Content& content, Uses& uses, UnixTime now) {
    using enum config::EvictionPolicy;
    if (remove_first(content, content.tables().leaves, now)) return 1;
    if (remove_first(content, content.tables().fresh, now)) return 1;
    std::uint64_t left = 0;
    switch (policy_) {
        case lru:
            left = least_recent(content, uses);
            break;
        case fifo:
            break;
        case ttl:
            left = remove_first(content, content.tables().fresh, std::numeric_limits<UnixTime>::max());
            break;
        case random:
            left = sampled(content, uses, 1);
            break;
        case lfu:
        case custom:
            left = sampled(content, uses, samples);
            break;
    }
    return left > 0 ? left : oldest(content);
}

bool Eviction::remove_first(Content& content, MDB_dbi by_time, UnixTime at_most) {
    for (int i = 0; i < most_dangling; ++i) {
        std::string entry;
        {
            Cursor cursor(content.transaction(), by_time);
            if (!cursor.first() || time_at(cursor.key(), 0) > at_most) return false;
            entry = cursor.key();
        }
        if (content.remove(number_at(entry, 8))) return true;
        content.transaction().erase(by_time, entry);
        content.spend(2);
    }
    return false;
}

std::uint64_t Eviction::least_recent(Content& content, Uses& uses) {
    int dangling = 0;
    for (int looks = 0; looks < most_looks && dangling < most_dangling;) {
        std::string entry;
        {
            Cursor cursor(content.transaction(), content.tables().recency);
            if (!cursor.first()) return 0;
            entry = cursor.key();
        }
        const KeyHash hash = hash_at(entry, 8);
        auto key = content.key(hash);
        if (!key || key->indexed != time_at(entry, 0)) {
            content.transaction().erase(content.tables().recency, entry);
            content.spend(2);
            ++dangling;
            continue;
        }
        const UnixTime last = std::max(key->last_accessed, uses.of(hash).last_accessed);
        if (last > key->indexed && ++looks < most_looks) {
            content.place(hash, *key, last);
            content.put_key(hash, *key);
            continue;
        }
        if (const std::uint64_t left = remove_key(content, uses, hash, *key)) return left;
        ++dangling;
    }
    return 0;
}

std::uint64_t Eviction::oldest(Content& content) {
    for (int i = 0; i < most_dangling; ++i) {
        std::uint64_t number = 0;
        {
            Cursor cursor(content.transaction(), content.tables().objects);
            if (!cursor.first()) return 0;
            number = number_at(cursor.key(), 0);
        }
        if (content.remove(number)) return 1;
    }
    return 0;
}

std::uint64_t Eviction::sampled(Content& content, Uses& uses, unsigned count) {
    struct Rank {
        double rank;
        UnixTime last;
        bool operator<(const Rank& other) const { return std::tie(rank, last) < std::tie(other.rank, other.last); }
    };
    std::optional<Rank> lowest;
    KeyHash victim;
    KeyEntry victim_entry;
    for (unsigned i = 0; i < count; ++i) {
        KeyHash hash;
        {
            Cursor cursor(content.transaction(), content.tables().keys);
            KeyBytes at;
            at.hash({draw(), draw()});
            if (!cursor.seek(at) && !cursor.first()) return 0;
            hash = hash_at(cursor.key(), 0);
        }
        const auto entry = content.key(hash);
        if (!entry) continue;
        const Used used = uses.of(hash);
        const auto hits = static_cast<double>(entry->hits + used.hits);
        Rank rank{hits, std::max({entry->last_accessed, entry->indexed, used.last_accessed})};
        if (policy_ == config::EvictionPolicy::custom) {
            rank.rank = entry->inflation + (1 + hits) / static_cast<double>(entry->bytes + 512);
        }
        if (lowest && !(rank < *lowest)) continue;
        lowest = rank;
        victim = hash;
        victim_entry = *entry;
    }
    if (!lowest) return 0;
    if (policy_ == config::EvictionPolicy::custom) inflation_ = std::max(inflation_, lowest->rank);
    return remove_key(content, uses, victim, victim_entry);
}

std::uint64_t Eviction::remove_key(Content& content, Uses& uses, const KeyHash& hash, const KeyEntry& entry) {
    uses.forget(hash);
    return content.remove_key(hash, entry);
}

std::uint64_t Eviction::draw() {
    random_ += 0x9E3779B97F4A7C15;  // splitmix64
    std::uint64_t mixed = (random_ ^ (random_ >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    return mixed ^ (mixed >> 31);
}

}  // namespace larder::storage::disk
