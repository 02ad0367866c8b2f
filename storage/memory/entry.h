// What a shard of the memory layer keeps for a key, and where it is linked in. Belongs to its shard and its lock.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/intrusive/list.hpp>
#include <boost/intrusive/set.hpp>
#include <boost/intrusive/unordered_set.hpp>

#include "storage/charge.h"
#include "storage/key.h"
#include "storage/layer.h"
#include "storage/memory/eviction.h"
#include "storage/object.h"

namespace larder::storage {

struct Entry;
struct Tag;

// A place in a list of entries. One without an entry is a marker: there a walk goes on when it has the lock again.
struct Link : boost::intrusive::list_base_hook<> {
    Entry* entry = nullptr;
    Tag* tag = nullptr;  // null in the list of all entries
};
using Links = boost::intrusive::list<Link, boost::intrusive::constant_time_size<false>>;

// Entries with a variant that carries the tag. Lives as long as its list has a link, be it a marker.
struct Tag {
    const std::string* name = nullptr;
    Links links;
};

using HashHook = boost::intrusive::unordered_set_base_hook<>;
using PathHook = boost::intrusive::set_base_hook<boost::intrusive::optimize_size<true>>;

struct Entry : Candidate, HashHook, PathHook {
    Entry(const KeyView& key, UnixTime now)
        : text(key.text), hash(key.hash), path_offset(key.path_offset), created_at(now) {
        order.entry = this;
    }

    const std::string text;
    const KeyHash hash;
    const std::uint32_t path_offset;

    VariantSetPtr variants;                   // never null or empty once it is in the shard
    std::vector<InLayer> bodies;              // of `variants`, which outlive them
    std::uint64_t objects_charge = 0;         // of all variants
    UnixTime leaves_at = 0;                   // the first variant's useful_until()
    Link order;                               // among all entries, by the time of storing
    std::vector<std::unique_ptr<Link>> tags;  // by name

    const UnixTime created_at;
    UnixTime last_accessed = 0;  // 0: never
    std::uint64_t miss_count = 0;
    // How much of the counts MemoryLayer::remove_expired() has told of; they wrap.
    std::uint32_t told_hits = 0;
    std::uint32_t told_misses = 0;

    // What has changed since the last call.
    std::optional<Layer::Use> untold_use() {
        Layer::Use use{hash, static_cast<std::uint32_t>(hits) - told_hits,
                       static_cast<std::uint32_t>(miss_count) - told_misses, last_accessed};
        if (use.hits == 0 && use.misses == 0) return std::nullopt;
        told_hits += use.hits;
        told_misses += use.misses;
        return use;
    }
    KeyView key() const { return {text, hash, path_offset}; }
};

// Order of the path index: the text from the path on, then the whole text, so that one path on many hosts has an order.
struct PathKey {
    std::string_view path;
    std::string_view text;

    bool operator<(const PathKey& other) const {
        const int order = path.compare(other.path);
        return order != 0 ? order < 0 : text < other.text;
    }
};

inline PathKey path_key(std::string_view text, std::size_t path_offset) {
    return {text.substr(std::min(path_offset, text.size())), text};
}

struct PathOf {
    using type = PathKey;
    PathKey operator()(const Entry& entry) const { return path_key(entry.text, entry.path_offset); }
};
struct HashOf {
    using type = KeyHash;
    const KeyHash& operator()(const Entry& entry) const { return entry.hash; }
};

using Table =
    boost::intrusive::unordered_set<Entry, boost::intrusive::base_hook<HashHook>,
                                    boost::intrusive::key_of_value<HashOf>, boost::intrusive::hash<std::hash<KeyHash>>,
                                    boost::intrusive::equal<std::equal_to<KeyHash>>,
                                    boost::intrusive::power_2_buckets<true>>;
using Paths =
    boost::intrusive::set<Entry, boost::intrusive::base_hook<PathHook>, boost::intrusive::key_of_value<PathOf>,
                          boost::intrusive::constant_time_size<false>>;

}  // namespace larder::storage
