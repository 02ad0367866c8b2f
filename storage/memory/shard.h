// A part of the memory layer: the entries whose hash falls into it, their indexes, and one lock for all of it.
//
// Every member function except the constructor is called with `mutex` held. Nothing is destroyed here: what leaves is
// handed out in a Change, for the caller to destroy without the lock.
//
//   table        hash -> entry. Two keys of one hash take turns; find() compares the text.
//   paths        entries by the text of their key from the path on.
//   tags         tag -> entries with a variant that carries it.
//   order        all entries by the time of storing: FIFO, and what walks over everything follow it.
//   eviction     all entries, dense: it draws from them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "storage/layer.h"
#include "storage/memory/entry.h"
#include "storage/memory/eviction.h"

namespace larder::storage {

// What a change under the lock took and left behind.
struct Change {
    std::vector<std::unique_ptr<Entry>> entries;  // to be destroyed
    std::vector<VariantSetPtr> sets;              // likewise
    std::uint64_t taken = 0;                      // bytes of what came in
    std::uint64_t freed = 0;                      // bytes of what left; free once the above is destroyed
    std::int64_t objects = 0;                     // more than before
    std::uint64_t evictions = 0;                  // objects that left for want of room
};

// Bytes that an entry of this key needs beside its objects, at most: the entry, its share of the tables, a set of so
// many variants, and the links and index nodes of these tags.
std::uint64_t entry_charge(std::string_view key_text, std::size_t variants, const std::vector<std::string>& tags);

class alignas(64) Shard {
  public:
    Shard(config::EvictionPolicy, std::uint64_t seed);
    Shard(const Shard&) = delete;
    Shard& operator=(const Shard&) = delete;
    ~Shard();

    std::mutex mutex;

    Entry* find(const KeyView&);
    Entry* find(const KeyHash&);  // whatever its text
    void hit(Entry& entry, UnixTime now) {
        eviction_.hit(entry);
        entry.last_accessed = now;
    }

    // Takes `fresh` as the key's entry if there is none yet.
    Stored insert(std::unique_ptr<Entry>& fresh, ObjectPtr, std::size_t max_variants, Change&);
    Stored refresh(const KeyView&, const Object* old_one, ObjectPtr, Change&);
    // What `selected` says of each variant of the entry; returns how many it selects. The entry leaves with its last
    // one.
    std::uint64_t erase(Entry&, Erasure, const std::function<bool(const Object&)>& selected, Change&);
    void change_policy(config::EvictionPolicy policy) { eviction_.change(policy); }
    // One victim leaves with all its variants. False: nothing here.
    bool evict(UnixTime now, Change&);

    Links& order() { return order_; }
    Paths& paths() { return paths_; }
    Tag* find_tag(std::string_view name);
    // After a link of its list was removed.
    void release(Tag&, Change&);

    Link expiry_cursor;  // in order()

  private:
    struct TagHash {
        using is_transparent = void;
        std::uint64_t seed;
        std::size_t operator()(std::string_view name) const { return hash_key(name, seed).low; }
    };

    void publish(Entry&, const Object* replaced, ObjectPtr, std::size_t max_variants, Change&);
    void assign(Entry&, std::shared_ptr<VariantSet>, std::uint64_t objects_charge, Change&);
    void retag(Entry&, Change&);
    void link(std::unique_ptr<Entry>);
    void remove(Entry&, Change&);
    void fit_tables();

    Eviction eviction_;
    std::vector<Table::bucket_type> buckets_;  // outlives table_
    Table table_;
    Paths paths_;
    std::unordered_map<std::string, Tag, TagHash, std::equal_to<>> tags_;
    Links order_;
};

}  // namespace larder::storage
