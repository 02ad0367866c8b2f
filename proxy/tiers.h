// The layers of a configuration, lowest cache_level first: where a strategy's objects are looked up, stored and erased.
//
// Layers that answer at once (MEMORY) are asked directly, on any thread. The others, here called slow, work on threads
// of their own: lookups and erasures wait for them without blocking a worker, and for so long as the layer's settings
// say; stores and refreshes are handed to them and not waited for. A lookup that is not answered in time has failed,
// and the request goes on without the layer; an erasure that is not has failed in the receipt, though the layer serves
// nothing of what was selected. A layer that often does not answer in time is left alone for a while. Whatever becomes
// visible in a layer passes the ticket of its operation there. A worker's loop runs as long as it has connections or
// background work, so that nothing is waited for when it is destroyed.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "policy/strategy_table.h"
#include "policy/tickets.h"
#include "policy/vary.h"
#include "proxy/invalidate.h"
#include "proxy/layer_health.h"
#include "proxy/metrics.h"
#include "proxy/task.h"
#include "storage/layer.h"
#include "storage/memory/memory_layer.h"

namespace larder::proxy {

// One layer; exactly one of the two is there.
struct Tier {
    config::Layer settings;
    std::shared_ptr<storage::MemoryLayer> memory;
    std::shared_ptr<storage::Layer> layer;
    std::shared_ptr<PerWorker<LayerCounters>> counters;
    // Of a slow one.
    struct Health {
        LayerHealth lookups, erasures;
    };
    std::shared_ptr<Health> health = nullptr;

    // Holds the same content, whatever its settings.
    bool same_place(const Tier& other) const { return memory == other.memory && layer == other.layer; }
};

class Tiers {
  public:
    // `tickets` outlives this.
    Tiers(std::vector<Tier> tiers, const policy::StrategyTable& strategies, policy::Tickets& tickets);

    struct Found {
        storage::VariantSetPtr set;  // of the layer that `object` is from, or of the first that had the key
        const storage::Object* object = nullptr;  // the variant for this request
    };
    // Does not allocate.
    Found find(const storage::KeyView& key, const policy::Selecting& request, std::uint32_t strategy,
               storage::UnixTime now, WorkerMetrics& metrics);

    // The strategy has layers that find() does not ask.
    bool slow(std::uint32_t strategy) const { return slow_[strategy]; }
    // Changes with what slow layers are given for the key (now and then with what they are given for another): a lookup
    // in them need not be repeated while it has not changed.
    std::uint32_t given(const storage::KeyHash& key) const { return given_[key.low % given_.size()].load(); }
    // Asks those, in order, and copies what is found into the faster ones in front, if its body is in memory; a body
    // with a source stays where it is.
    Task<Found> find_slow(Executor executor, storage::KeyView key, policy::Selecting request, std::uint32_t strategy,
                          storage::UnixTime now, WorkerMetrics& metrics);

    // Keeps the ticket of a fetch until every layer has let go of what came of it.
    using Hold = std::shared_ptr<policy::Tickets::Ticket>;
    // Into the strategy's layer and those in front; a part only into those that answer at once. `yes`: one that answers
    // at once has it, or a slow one has taken it and is to write it. `hold` is asked whether it may.
    storage::Stored store(const storage::KeyView& key, const storage::ObjectPtr& object, std::uint32_t strategy,
                          const Hold& hold, WorkerMetrics& metrics);
    // What the layers that answer at once hold of this variant; null: nothing.
    storage::ObjectPtr held(const storage::KeyView& key, const std::vector<storage::VaryField>& vary,
                            std::uint32_t strategy) const;
    // All that each of them holds under the key.
    std::vector<storage::VariantSetPtr> held(const storage::KeyView& key, std::uint32_t strategy) const;
    // In the place of `old`, wherever that is.
    storage::Stored refresh(const storage::KeyView& key, const storage::ObjectPtr& old, const storage::ObjectPtr& next,
                            std::uint32_t strategy, const Hold& hold, WorkerMetrics& metrics);
    // `old` must not be used any more.
    void drop(const storage::KeyView& key, const storage::ObjectPtr& old, std::uint32_t strategy);

    // Every layer that it names; the slow ones at the same time.
    Task<InvalidationReceipt> erase(Executor executor, std::shared_ptr<const policy::Invalidation> invalidation,
                                    std::size_t list_at_most);

    // The largest body that one of the strategy's layers takes at this moment; for a part, one that answers at once.
    std::uint64_t largest(std::uint32_t strategy) const;
    std::uint64_t largest_part(std::uint32_t strategy) const;
    // Lets go of what is past its time, and tells slow layers of the uses that those in front of them have seen: a
    // bounded part at each call, one a second.
    void expire(storage::UnixTime now);

    std::size_t size() const { return tiers_.size(); }
    // How many of them, from the front, a strategy uses.
    std::size_t depth(std::uint32_t strategy) const { return depth_[strategy]; }
    const std::vector<Tier>& all() const { return tiers_; }
    // Whether every layer of the other is among these.
    bool cover(const Tiers& other) const;
    const config::Layer& settings(std::size_t tier) const { return tiers_[tier].settings; }
    // Null for the other kind.
    const std::shared_ptr<storage::MemoryLayer>& memory(std::size_t tier) const { return tiers_[tier].memory; }
    const std::shared_ptr<storage::Layer>& layer(std::size_t tier) const { return tiers_[tier].layer; }
    const PerWorker<LayerCounters>& counters(std::size_t tier) const { return *tiers_[tier].counters; }
    storage::LayerStats stats(std::size_t tier) const;

  private:
    void promote(const storage::KeyView& key, const storage::ObjectPtr& object, std::size_t from,
                 std::uint32_t strategy, const Hold& hold, storage::UnixTime now, WorkerMetrics& metrics);

    // For the registry: what came of a fetch is in the layers.
    void count_miss(const storage::KeyView& key, std::uint32_t strategy, storage::UnixTime now);

    void give(const storage::KeyHash& key) { given_[key.low % given_.size()].fetch_add(1); }

    policy::Tickets& tickets_;
    std::vector<Tier> tiers_;
    std::vector<std::size_t> depth_;      // by strategy: how many tiers it uses
    std::vector<unsigned> max_variants_;  // by strategy
    std::vector<bool> slow_;              // by strategy
    std::array<std::atomic<std::uint32_t>, 4096> given_{};
};

}  // namespace larder::proxy
