// What every layer does: hold responses by key, give them back pinned, and lose them when told to.
//
// Free of HTTP: a layer keeps all variants of a key, and policy chooses among them. MEMORY (storage/memory/) answers at
// once and is called directly, on any thread. A layer that may block implements Layer: it takes an operation, works on
// threads of its own, and completes by callback on one of those; proxy/tiers.h makes that awaitable.
//
// Absence is an outcome, not an error; an error means that the layer failed, and a request then goes on without it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "storage/key.h"
#include "storage/listing.h"
#include "storage/object.h"
#include "storage/selection.h"

namespace larder::storage {

// Asked under the lock, or in the transaction, that makes an object visible: may it become visible? It may not when an
// invalidation that selects it came after its fetch began (policy/tickets.h).
class Gate {
  public:
    virtual ~Gate() = default;
    virtual bool permits(const KeyView& key, const Object& object) const = 0;
};

enum class Stored {
    yes,
    invalidated,  // the gate refused
    too_large,    // larger than the layer takes
    superseded,   // a response whose fetch began later is there already, or what was to be refreshed is gone
    failed,       // the layer failed
    skipped,      // the layer's queue is full
};
inline constexpr std::size_t stored_outcomes = 6;
const char* word(Stored);

// What an invalidation found.
struct Erased {
    std::uint64_t count = 0;        // objects; variants count singly
    std::vector<std::string> keys;  // distinct key texts, at most as many as were asked for
    std::uint64_t key_count = 0;    // keys of which something was selected
};

enum class Erasure {
    hard,     // gone
    soft,     // stays, but is stale
    dry_run,  // only counted
};

// What went wrong in a layer that may block, for larder_layer_errors_total.
enum class LayerError {
    read,     // the technology failed to read
    write,    // it failed to write
    full,     // no room, although what was due to leave has left
    damaged,  // a value that failed its check: it was dropped
};
inline constexpr std::size_t layer_errors = 4;
const char* word(LayerError);

struct LayerStats {
    std::uint64_t bytes = 0;  // bookkeeping included
    std::uint64_t objects = 0;
    std::uint64_t evictions = 0;
    // Of layers that may block:
    std::array<std::uint64_t, layer_errors> errors{};
    std::array<std::uint64_t, stored_outcomes> stores{};  // operations that ended so
    std::uint64_t queue_bytes = 0;                        // on their way into it
    bool available = true;                                // it takes operations at this moment
};

// A layer that may block. Every call returns at once; `done` runs exactly once, on a thread of the layer's, also when
// the layer fails or stops. Operations that change it are applied in the order of the calls. Arguments are copied in;
// nothing is borrowed past the call. The gate that it was made with outlives it.
class Layer {
  public:
    virtual ~Layer() = default;

    // Which of a key's variants is wanted; null: none. The objects have no bodies. Called on a thread of the layer's.
    using Choose = std::function<const Object*(const VariantSet&)>;

    struct Found {
        VariantSetPtr set;  // null: the key is not there, or the layer failed
        const Object* object =
            nullptr;  // in `set`, the chosen one, and the only one with a body (which may have a source)
        bool failed = false;
    };
    // What was inserted, refreshed or erased before the call is seen, whether it has been written or not; soft
    // invalidations of what is not written yet excepted. Counts a use of the chosen object.
    virtual void find(std::string key_text, KeyHash hash, Choose choose, std::function<void(Found)> done) = 0;

    // Becomes visible as a whole, or not at all, in place of the variant with the same `vary`, or beside the others; of
    // more than `max_variants` the least recently stored goes. `hold` is let go of when it is visible or given up: it
    // keeps the invalidations that the gate must know.
    virtual void insert(std::string key_text, std::uint32_t path_offset, KeyHash hash, ObjectPtr object,
                        std::size_t max_variants, std::shared_ptr<void> hold, std::function<void(Stored)> done) = 0;

    // Puts the head of `next` in place of `old_one` (known by its ticket and `vary`), keeping the body that is stored.
    virtual void refresh(std::string key_text, KeyHash hash, ObjectPtr old_one, ObjectPtr next,
                         std::shared_ptr<void> hold, std::function<void(Stored)> done) = 0;

    // What an erasure came to.
    struct Applied {
        Erased erased;
        bool failed = false;  // not applied; what was selected must not be served again by this layer, and is not
        bool durable = true;  // a restart brings nothing of it back
    };
    virtual void erase(std::shared_ptr<const Selection> selection, Erasure erasure, std::size_t list_at_most,
                       std::function<void(Applied)> done) = 0;

    // Uses that a faster layer has seen: for recency and the registry's counters. May be dropped.
    struct Use {
        KeyHash hash;
        std::uint32_t hits = 0;
        std::uint32_t misses = 0;
        UnixTime last_accessed = 0;
    };
    virtual void used(std::vector<Use> uses) = 0;

    // A page of the registry: keys that `filter` takes, in the order of listing.h, behind `after`. Looks at a bounded
    // number of keys, so that a page may be short and still have a next one.
    virtual void list(KeyFilter filter, std::optional<KeyPosition> after, std::size_t limit,
                      std::function<void(KeyPage, bool failed)> done) = 0;

    virtual LayerStats stats() const = 0;
    // The largest body that it takes.
    virtual std::uint64_t largest() const = 0;

    // Other settings for what is there; technology and place are the same. May wait for operations under way.
    virtual void change(const config::Layer&) {}
    // Writes what is queued, within five seconds, and gives up what another process may be waiting for. Nothing is
    // found or stored afterwards, erasures are not durable, body sources give nothing. Blocks; no thread of the
    // layer's.
    virtual void release() {}
    // A body that has its source here is being read by someone.
    virtual bool in_use() const { return false; }
};

}  // namespace larder::storage
