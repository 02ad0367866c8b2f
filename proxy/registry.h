// The key registry: what all layers hold, as one list. A key that several layers hold is one row.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "proxy/task.h"
#include "proxy/tiers.h"
#include "storage/listing.h"

namespace larder::proxy {

struct RegistryRow {
    // Of several layers' rows: the most recent response, the sizes of the layer that has most of it, what it occupies
    // added up, and the largest counters: a slower layer is told of the uses that a faster one has seen
    // (storage/layer.h), so a sum would count them twice.
    storage::KeyRow key;
    std::vector<std::size_t> tiers;  // that hold it, fastest first
};

struct RegistryPage {
    std::vector<RegistryRow> rows;               // in the order of storage/listing.h
    std::optional<storage::KeyPosition> behind;  // there may be more behind this position; nullopt: that was all
    std::vector<std::size_t> failed;             // tiers that could not be asked: what they alone hold is missing
};

// At most `limit` rows that `filter` takes, behind `after`. Paging from `behind` to `behind` shows every key that stays
// exactly once. Asks each layer a few times at most: what a filter passes over may fill a page with little or nothing.
Task<RegistryPage> list_keys(Executor executor, const Tiers& tiers, storage::KeyFilter filter,
                             std::optional<storage::KeyPosition> after, std::size_t limit);

// The key of exactly this text; nullopt: no layer holds it.
Task<std::optional<RegistryRow>> describe_key(Executor executor, const Tiers& tiers, storage::KeyPosition key);

}  // namespace larder::proxy
