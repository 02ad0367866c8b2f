// The layers of a configuration, lowest cache_level first: where a strategy's objects are looked up, stored and erased.
//
// Layers that answer at once are asked directly, on any thread; the others by find_slow() alone, which waits for them
// without blocking its worker. Whatever becomes visible in a layer passes the tickets there.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/config.h"
#include "policy/fields.h"
#include "policy/strategy_table.h"
#include "policy/tickets.h"
#include "proxy/invalidate.h"
#include "proxy/metrics.h"
#include "proxy/task.h"
#include "storage/layer.h"
#include "storage/memory/memory_layer.h"

namespace larder::proxy {

class Tiers {
  public:
    Tiers(const config::Config&, const policy::StrategyTable&, const policy::Tickets&, std::uint64_t seed);

    // In the place of a technology that a configuration names: how tests put a slow layer behind MEMORY.
    void add(const config::Layer& settings, std::shared_ptr<storage::Layer> layer, const policy::StrategyTable&);

    struct Found {
        storage::VariantSetPtr set;  // of the layer that `object` is from, or of the first that had the key
        const storage::Object* object = nullptr;  // the variant for this request
    };
    // Does not allocate.
    Found find(const storage::KeyView& key, const policy::Fields& request, std::uint32_t strategy,
               storage::UnixTime now, WorkerMetrics& metrics);

    // The strategy has layers that find() does not ask.
    bool slow(std::uint32_t strategy) const { return slow_[strategy]; }
    // Asks those, in order, and copies what is found into the faster ones in front of it.
    Task<Found> find_slow(Executor executor, policy::Tickets& tickets, storage::KeyView key,
                          const policy::Fields& request, std::uint32_t strategy, storage::UnixTime now,
                          WorkerMetrics& metrics);

    // Into the strategy's layer and those in front. The answer is `yes` if one of those that answer at once has it.
    storage::Stored store(const storage::KeyView& key, const storage::ObjectPtr& object, std::uint32_t strategy,
                          WorkerMetrics& metrics);
    // In the place of `old`, wherever that is.
    storage::Stored refresh(const storage::KeyView& key, const storage::ObjectPtr& old, const storage::ObjectPtr& next,
                            std::uint32_t strategy, WorkerMetrics& metrics);
    // `old` must not be used any more.
    void drop(const storage::KeyView& key, const storage::ObjectPtr& old, std::uint32_t strategy);

    InvalidationReceipt erase(const policy::Invalidation& invalidation, std::size_t list_at_most);

    // The largest body that the strategy's own layer takes.
    std::uint64_t largest(std::uint32_t strategy) const;
    // Lets go of what is past its time, a bounded part at each call.
    void expire(storage::UnixTime now);

    std::size_t size() const { return tiers_.size(); }
    const config::Layer& settings(std::size_t tier) const { return tiers_[tier].settings; }
    storage::LayerStats stats(std::size_t tier) const;

  private:
    struct Tier {
        config::Layer settings;
        std::unique_ptr<storage::MemoryLayer> memory;
        std::shared_ptr<storage::Layer> layer;
    };
    void depths(const policy::StrategyTable&);

    const policy::Tickets& tickets_;
    std::vector<config::Strategy> strategies_;
    std::vector<Tier> tiers_;
    std::vector<std::size_t> depth_;      // by strategy: how many tiers it uses
    std::vector<unsigned> max_variants_;  // by strategy
    std::vector<bool> slow_;              // by strategy
};

}  // namespace larder::proxy
