// What every layer does: hold responses by key, give them back pinned, and lose them when told to.
//
// Free of HTTP: a layer keeps all variants of a key, and policy chooses among them. MEMORY (storage/memory/) answers at
// once and is called directly, on any thread. A layer that may block implements Layer: it takes an operation, works on
// threads of its own, and completes by callback on one of those; proxy/tiers.h makes that awaitable.
//
// Absence is an outcome, not an error; an error means that the layer failed, and a request then goes on without it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "storage/key.h"
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
};
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

struct LayerStats {
    std::uint64_t bytes = 0;  // bookkeeping included
    std::uint64_t objects = 0;
    std::uint64_t evictions = 0;
};

// A layer that may block. Every call returns at once; `done` runs exactly once, on a thread of the layer's, also when
// the layer fails or stops. Arguments are copied in; nothing is borrowed past the call except `gate`, which outlives
// the layer.
class Layer {
  public:
    virtual ~Layer() = default;

    // Null: not there, or failed (`failed` says which).
    virtual void find(std::string key_text, KeyHash hash, std::function<void(VariantSetPtr, bool failed)> done) = 0;
    // Becomes visible as a whole, or not at all. Replaces the variant with the same `vary`.
    virtual void insert(std::string key_text, KeyHash hash, ObjectPtr, std::function<void(Stored)> done) = 0;
    virtual void erase(std::shared_ptr<const Selection>, Erasure, std::size_t list_at_most,
                       std::function<void(Erased, bool failed)> done) = 0;
    virtual LayerStats stats() const = 0;
};

}  // namespace larder::storage
