#include "storage/memory/page.h"

#include <algorithm>

namespace larder::storage {
namespace {

KeyRow row_of(const Entry& entry) {
    KeyRow row;
    row.text = entry.text;
    row.path_offset = entry.path_offset;
    row.newest = entry.variants->variants.front();
    row.variants = entry.variants->variants.size();
    row.stored_size = entry.charge;
    for (const ObjectPtr& variant : entry.variants->variants) {
        if (variant->body) row.data_size += variant->body->size;
        row.lasts(variant->lifetime.fresh_until(), !variant->lifetime.invalidated);
    }
    row.use = {entry.hits, entry.miss_count, entry.created_at, entry.last_accessed};
    return row;
}

}  // namespace

KeyPage shard_page(Shard& shard, const KeyFilter& filter, const std::optional<KeyPosition>& after,
                   std::size_t most_rows, std::size_t most_keys, std::size_t& left) {
    const std::string_view prefix = filter.path_prefix();
    const PathKey first{prefix, {}};
    const bool begun = after && first < path_key(after->text, after->path_offset);
    const Paths& paths = shard.paths();
    auto at = begun ? paths.upper_bound(path_key(after->text, after->path_offset)) : paths.lower_bound(first);
    KeyPage page;
    const Entry* last = nullptr;
    most_keys = std::min(most_keys, left);
    for (std::size_t looked = 0; at != paths.end() && PathOf()(*at).path.starts_with(prefix); ++looked, ++at) {
        if (looked == most_keys || page.rows.size() == most_rows) {
            page.behind = last ? KeyPosition{last->text, last->path_offset} : after;
            break;
        }
        last = &*at;
        --left;
        if (filter.takes(last->text, *last->variants)) page.rows.push_back(row_of(*last));
    }
    return page;
}

}  // namespace larder::storage
