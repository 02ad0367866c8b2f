// Which index entries an object and a key have: a function of the record alone, so that what was added is what is
// removed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "storage/disk/environment.h"
#include "storage/disk/record.h"

namespace larder::storage::disk {

struct IndexEntry {
    MDB_dbi table;
    std::string key;
};

// Those of one object; the values are empty.
std::vector<IndexEntry> index_entries(const Tables&, const Record&, std::uint64_t number);
// Those that change with `lifetime.invalidated` alone.
IndexEntry fresh_entry(const Tables&, const Object&, std::uint64_t number);

// What a walk looks for; the object's number follows.
std::string tag_prefix(std::string_view tag);
std::string strategy_prefix(std::string_view name);
std::string resource_prefix(std::string_view type, std::string_view id);

// In `paths`: at most 340 bytes of the text from the path on, 0, at most 150 of what stands before it and the path's
// first, hash. Without truncation that is the order of KeyPosition.
inline constexpr std::size_t most_path_bytes = 340;
std::string path_key(const KeyView&);

}  // namespace larder::storage::disk
