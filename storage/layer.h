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

// An operation's leave to make an object visible. It is asked under the lock, or in the transaction, that does so, and
// held until the object is visible or given up: for so long the invalidations are known that the operation may not
// undo. It refuses an object that one of them selects, but counts only those that were not yet applied everywhere when
// the operation began (policy/tickets.h): older ones have reached whatever the operation found. Any thread.
class Permit {
  public:
    virtual ~Permit() = default;
    virtual bool permits(const KeyView& key, const Object& object) const = 0;
};
using PermitPtr = std::shared_ptr<const Permit>;

enum class Stored {
    yes,
    invalidated,  // the permit was refused
    too_large,    // larger than the layer takes
    superseded,   // a response whose fetch began later is there already, or what was to be refreshed is gone
    failed,       // the layer failed
    skipped,      // the layer's queue is full, or the layer is not to be written to at this moment
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
    busy,     // a question was refused, since too many waited for an answer
    timeout,  // an answer did not come in time
};
inline constexpr std::size_t layer_errors = 6;
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

// A layer that may block.
//
// Calls. Every call returns at once, from any thread, whatever state the technology is in: it takes no lock that is
// held while the technology is waited for. Arguments are copied in; nothing is borrowed past the call. Operations that
// change the layer are applied in the order of the calls, as far as those for one key, and erasures, can tell.
//
// Answers. `done` runs exactly once, also when the layer fails or stops: on a thread of the layer's, or before the call
// returns, on the caller's, when the operation was refused. It may come late, or when nobody waits any more: a caller
// gives it shared ownership of all that it touches, holds no lock that it takes, and waits with a deadline
// (proxy/answers.h). `done` and `Choose` neither block nor throw.
//
// Cancellation. There is none: a caller that does not wait any longer forgets the answer. A find leaves nothing behind
// then; a store or an erasure is still made, in its place in the order.
//
// Back-pressure. What waits is bounded. A find, list or body source that would be one too many is answered `failed` at
// once, a store `skipped`. An erasure is never refused: when more wait than the layer can keep, it stops answering (a
// find has `failed`) until it has dropped everything.
//
// Erasures. Before the call returns the layer knows the erasure: no find that is asked later, whether the erasure has
// been answered or not, gets what was selected.
//
// The end. Whoever destroys a layer has made sure that nobody calls it; all that it was asked is answered before the
// destructor returns, and later reads of its body sources give nothing. A permit that was passed in is let go of before
// `done` runs.
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
    // What was inserted, refreshed or erased before the call is seen, whether it has been written or not, but for
    // stores whose permit is refused by now; soft invalidations of what is not written yet excepted. Counts a use of
    // the chosen object.
    virtual void find(OwnedKey key, Choose choose, std::function<void(Found)> done) = 0;

    // Becomes visible as a whole, or not at all, in place of the variant with the same `vary`, or beside the others; of
    // more than `max_variants` the one goes that was used least, and of equally used ones the least recently stored;
    // not the new one. Uses are what this layer has seen, and may be forgotten. What it returns is known at once: `yes`
    // when the object has been taken, and `done` says what came of it; else what `done` has been told.
    virtual Stored insert(OwnedKey key, ObjectPtr object, std::size_t max_variants, PermitPtr permit,
                          std::function<void(Stored)> done) = 0;

    // Puts the head of `next` in place of `old_one` (known by its ticket and `vary`), keeping the body that is stored.
    // Returns as insert() does.
    virtual Stored refresh(OwnedKey key, ObjectPtr old_one, ObjectPtr next, PermitPtr permit,
                           std::function<void(Stored)> done) = 0;

    // What an erasure came to.
    struct Applied {
        Erased erased;
        bool failed = false;  // not applied yet; what was selected is not served by this layer nevertheless
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

    // Other settings for what is there; technology and place are the same. Waits for nothing.
    virtual void change(const config::Layer&) {}
    // Writes what is queued, within five seconds, and gives up what another process may be waiting for. Nothing is
    // found or stored afterwards, erasures are not durable, body sources give nothing. Blocks; no thread of the
    // layer's.
    virtual void release() {}
    // A body that has its source here is being read by someone.
    virtual bool in_use() const { return false; }
};

}  // namespace larder::storage
