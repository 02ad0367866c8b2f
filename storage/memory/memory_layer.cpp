#include "storage/memory/memory_layer.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <iterator>
#include <mutex>
#include <utility>

#include "config/layer_sizes.h"
#include "storage/memory/erasing.h"
#include "storage/memory/page.h"
#include "storage/memory/shard.h"
#include "storage/memory/walk.h"

namespace larder::storage {

namespace {

std::size_t shards_for(const MemoryOptions& options) {
    constexpr std::uint64_t least_bytes = config::MiB;  // or there would be too few entries to draw victims from
    const std::uint64_t wanted = std::min<std::uint64_t>(options.shards, options.max_bytes / least_bytes);
    return std::bit_floor(std::max<std::uint64_t>(wanted, 1));
}

}  // namespace

MemoryLayer::MemoryLayer(const MemoryOptions& options)
    : largest_(config::largest_in_memory(options.max_bytes)), budget_(options.max_bytes) {
    const std::size_t count = shards_for(options);
    shards_.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        shards_.push_back(std::make_unique<Shard>(options.eviction, options.seed + i));
    }
}

MemoryLayer::~MemoryLayer() = default;

VariantSetPtr MemoryLayer::find(const KeyView& key, UnixTime now) {
    Shard& shard = shard_of(key.hash);
    const std::lock_guard lock(shard.mutex);
    Entry* entry = shard.find(key);
    if (!entry) return nullptr;
    shard.hit(*entry, now);
    return entry->variants;
}

VariantSetPtr MemoryLayer::peek(const KeyView& key) const {
    Shard& shard = shard_of(key.hash);
    const std::lock_guard lock(shard.mutex);
    const Entry* entry = shard.find(key);
    return entry ? entry->variants : nullptr;
}

bool MemoryLayer::count_miss(const KeyView& key, UnixTime now) {
    Shard& shard = shard_of(key.hash);
    const std::lock_guard lock(shard.mutex);
    Entry* entry = shard.find(key);
    if (!entry) return false;
    ++entry->miss_count;
    entry->last_accessed = now;
    return true;
}

std::optional<KeyUse> MemoryLayer::use(const KeyView& key) const {
    Shard& shard = shard_of(key.hash);
    const std::lock_guard lock(shard.mutex);
    const Entry* entry = shard.find(key);
    if (!entry) return std::nullopt;
    return KeyUse{entry->hits, entry->miss_count, entry->created_at, entry->last_accessed};
}

Stored MemoryLayer::insert(const KeyView& key, ObjectPtr object, const Permit& permit, UnixTime now,
                           std::size_t max_variants) {
    max_variants = std::max<std::size_t>(max_variants, 1);
    const std::uint64_t needed = object->charge() + entry_charge(key.text, max_variants, object->tags);
    if (needed > largest()) return Stored::too_large;
    if (!reserve(needed, index_of(key.hash), now)) return Stored::failed;

    auto fresh = std::make_unique<Entry>(key, now);
    Shard& shard = shard_of(key.hash);
    Change change;
    Stored outcome = Stored::invalidated;
    {
        const std::lock_guard lock(shard.mutex);
        if (permit.permits(key, *object)) outcome = shard.insert(fresh, object, max_variants, change);
    }
    settle(std::move(change), needed);
    return outcome;
}

Stored MemoryLayer::refresh(const KeyView& key, const Object* old_one, ObjectPtr next, const Permit& permit,
                            UnixTime now) {
    constexpr std::size_t most_variants = 64;
    const bool shares_body = next->body && next->body == old_one->body;
    const std::uint64_t whole = next->charge() + entry_charge(key.text, most_variants, next->tags);
    if (whole > largest()) return Stored::too_large;
    const std::uint64_t needed = whole - (shares_body ? next->body->charge() : 0);
    if (!reserve(needed, index_of(key.hash), now)) return Stored::failed;

    Shard& shard = shard_of(key.hash);
    Change change;
    Stored outcome = Stored::invalidated;
    {
        const std::lock_guard lock(shard.mutex);
        if (permit.permits(key, *next)) outcome = shard.refresh(key, old_one, next, change);
    }
    settle(std::move(change), needed);
    return outcome;
}

Erased MemoryLayer::erase(const Selection& selection, Erasure erasure, std::size_t list_at_most) {
    const std::function<void(Change &&)> dispose = [this](Change&& change) { settle(std::move(change), 0); };
    Erasing erasing(selection, erasure, list_at_most, dispose);
    if (selection.index == Selection::Index::key) {
        std::vector<Shard*> shards;
        for (const KeyHash& hash : selection.keys) {
            Shard* const shard = &shard_of(hash);
            if (std::find(shards.begin(), shards.end(), shard) == shards.end()) shards.push_back(shard);
        }
        for (Shard* const shard : shards) erasing.run(*shard);
    } else {
        for (const auto& shard : shards_) erasing.run(*shard);
    }
    return erasing.result();
}

std::uint64_t MemoryLayer::remove_expired(UnixTime now, std::size_t at_most, std::vector<Layer::Use>* uses) {
    constexpr std::size_t slice = 1000;  // entries
    const auto expired = [now](const Object& object) { return object.useful_until() <= now; };
    std::uint64_t dropped = 0;
    for (std::size_t turns = 0; turns <= shards_.size() && at_most > 0;) {
        Shard& shard = *shards_[expiry_shard_.load() % shards_.size()];
        Change change;
        if (uses) uses->reserve(uses->size() + slice);  // before the lock
        {
            const std::lock_guard lock(shard.mutex);
            std::size_t left = std::min(slice, at_most);
            at_most -= left;
            Entry* entry = nullptr;
            while (left > 0 && (entry = step(shard.order(), shard.expiry_cursor, nullptr))) {
                --left;
                if (const auto use = uses ? entry->untold_use() : std::nullopt) uses->push_back(*use);
                if (entry->leaves_at <= now) dropped += shard.erase(*entry, Erasure::hard, expired, change);
            }
            at_most += left;
            if (left > 0) {  // at the end of this shard
                shard.order().splice(shard.order().begin(), shard.order(),
                                     shard.order().iterator_to(shard.expiry_cursor));
                ++expiry_shard_;
                ++turns;
            }
        }
        settle(std::move(change), 0);
    }
    return dropped;
}

KeyPage MemoryLayer::list(const KeyFilter& filter, const std::optional<KeyPosition>& after, std::size_t limit) const {
    std::size_t left = 20'000;
    limit = std::max<std::size_t>(limit, 1);
    KeyPage page;
    page.behind = after;
    do {
        KeyPage more = list_some(filter, page.behind, limit - page.rows.size(), left);
        std::move(more.rows.begin(), more.rows.end(), std::back_inserter(page.rows));
        page.behind = std::move(more.behind);
    } while (page.behind && page.rows.size() < limit && left >= shards_.size());
    return page;
}

// A little from every shard, up to where the one that had most to look through has been seen.
KeyPage MemoryLayer::list_some(const KeyFilter& filter, const std::optional<KeyPosition>& after, std::size_t limit,
                               std::size_t& left) const {
    constexpr std::size_t slice = 1000;  // keys
    // Twice what falls on a shard on average, since more than is wanted of one costs less than another round.
    const std::size_t most_rows = std::min(limit, limit / shards_.size() * 2 + 16);
    const std::size_t most_keys = std::min(slice, left / shards_.size());
    std::vector<KeyPage> parts;
    parts.reserve(shards_.size());
    for (const auto& shard : shards_) {
        const std::lock_guard lock(shard->mutex);
        parts.push_back(shard_page(*shard, filter, after, most_rows, most_keys, left));
    }
    KeyPage page;
    page.behind = horizon(parts);
    for (KeyPage& part : parts) {
        for (KeyRow& row : part.rows) {
            if (!page.behind || !(*page.behind < row)) page.rows.push_back(std::move(row));
        }
    }
    std::sort(page.rows.begin(), page.rows.end());
    if (page.rows.size() > limit) {
        page.rows.resize(limit);
        page.behind = page.rows.back();
    }
    return page;
}

LayerStats MemoryLayer::stats() const {
    return {budget_.used(), static_cast<std::uint64_t>(std::max<std::int64_t>(objects_.load(), 0)), evictions_.load()};
}

// One victim a shard in turn, the key's own first: a large object takes a little from everywhere.
bool MemoryLayer::reserve(std::uint64_t bytes, std::size_t first_shard, UnixTime now) {
    std::size_t empty_in_a_row = 0;
    for (std::size_t i = first_shard; !budget_.take(bytes); ++i) {
        if (empty_in_a_row > shards_.size()) return false;
        empty_in_a_row = evict_from(i % shards_.size(), now) ? 0 : empty_in_a_row + 1;
    }
    return true;
}

bool MemoryLayer::evict_from(std::size_t index, UnixTime now) {
    Shard& shard = *shards_[index];
    Change change;
    bool evicted = false;
    {
        const std::lock_guard lock(shard.mutex);
        evicted = shard.evict(now, change);
    }
    settle(std::move(change), 0);
    return evicted;
}

void MemoryLayer::change(std::uint64_t max_bytes, config::EvictionPolicy policy, UnixTime now) {
    for (const auto& shard : shards_) {
        const std::lock_guard lock(shard->mutex);
        shard->change_policy(policy);
    }
    budget_.change_max(max_bytes);
    largest_.store(config::largest_in_memory(max_bytes), std::memory_order_relaxed);
    std::size_t empty_in_a_row = 0;
    for (std::size_t i = 0; budget_.used() > max_bytes && empty_in_a_row <= shards_.size(); ++i) {
        empty_in_a_row = evict_from(i % shards_.size(), now) ? 0 : empty_in_a_row + 1;
    }
}

void MemoryLayer::settle(Change&& change, std::uint64_t reserved) {
    change.entries.clear();
    change.sets.clear();
    objects_.fetch_add(change.objects, std::memory_order_relaxed);
    evictions_.fetch_add(change.evictions, std::memory_order_relaxed);
    assert(change.taken <= reserved + change.freed);
    budget_.give(reserved + change.freed - change.taken);
}

}  // namespace larder::storage
