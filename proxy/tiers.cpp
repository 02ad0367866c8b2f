#include "proxy/tiers.h"

#include <algorithm>

#include "policy/vary.h"
#include "proxy/wakeup.h"

namespace larder::proxy {

using storage::Stored;

namespace {

// This very object, wherever its key has gone.
class OneObject final : public storage::Selection {
  public:
    OneObject(storage::KeyHash hash, const storage::Object* object) : object_(object) {
        index = Index::key;
        key = hash;
    }
    bool selects(const storage::KeyView&, const storage::Object& object) const override { return &object == object_; }

  private:
    const storage::Object* object_;
};

// Of what several layers answered: stored in one of them is stored; an invalidation speaks for all.
Stored best(Stored one, Stored other) {
    if (one == Stored::yes || one == Stored::invalidated) return one;
    return other == Stored::failed ? one : other;
}

}  // namespace

Tiers::Tiers(const config::Config& config, const policy::StrategyTable& strategies, const policy::Tickets& tickets,
             std::uint64_t seed)
    : tickets_(tickets) {
    for (const config::Strategy& strategy : config.strategies) {
        if (strategy.is_active) strategies_.push_back(strategy);
    }
    for (const config::Layer& layer : config.layers) {
        if (!layer.is_active || layer.technology != config::Technology::memory) continue;
        storage::MemoryOptions options;
        options.max_bytes = layer.max_size_bytes;
        options.eviction = layer.eviction_policy;
        options.seed = seed;
        tiers_.push_back({layer, std::make_unique<storage::MemoryLayer>(options), nullptr});
    }
    depths(strategies);
}

void Tiers::add(const config::Layer& settings, std::shared_ptr<storage::Layer> layer,
                const policy::StrategyTable& strategies) {
    tiers_.push_back({settings, nullptr, std::move(layer)});
    depths(strategies);
}

void Tiers::depths(const policy::StrategyTable& strategies) {
    std::stable_sort(tiers_.begin(), tiers_.end(),
                     [](const Tier& a, const Tier& b) { return a.settings.cache_level < b.settings.cache_level; });
    const std::size_t count = strategies.all().size();
    depth_.assign(count, 0);
    max_variants_.assign(count, 64);
    slow_.assign(count, false);
    for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t tier = 0; tier < tiers_.size(); ++tier) {
            if (tiers_[tier].settings.layer_name == strategies_[i].cache_layer) depth_[i] = tier + 1;
        }
        for (std::size_t tier = 0; tier < depth_[i]; ++tier) slow_[i] = slow_[i] || tiers_[tier].layer;
        max_variants_[i] = strategies.all()[i].rules.configuration.max_variants;
    }
}

Tiers::Found Tiers::find(const storage::KeyView& key, const policy::Fields& request, std::uint32_t strategy,
                         storage::UnixTime now, WorkerMetrics& metrics) {
    Found found;
    for (std::size_t tier = 0; tier < depth_[strategy]; ++tier) {
        if (!tiers_[tier].memory) continue;
        auto set = tiers_[tier].memory->find(key, now);
        const storage::Object* object = set ? policy::choose_variant(*set, request) : nullptr;
        (object ? metrics.layers[tier].hits : metrics.layers[tier].misses).add();
        if (object || !found.set) found.set = std::move(set);
        found.object = object;
        if (object) break;
    }
    return found;
}

Task<Tiers::Found> Tiers::find_slow(Executor executor, policy::Tickets& tickets, storage::KeyView key,
                                    const policy::Fields& request, std::uint32_t strategy, storage::UnixTime now,
                                    WorkerMetrics& metrics) {
    Found found;
    for (std::size_t tier = 0; tier < depth_[strategy]; ++tier) {
        if (!tiers_[tier].layer) continue;
        // Between the layer's answer and the promotion an invalidation may come: it stays known while this is held.
        const auto ticket = tickets.begin();
        struct Answer {
            explicit Answer(Executor e) : wakeup(std::move(e)) {}
            Wakeup wakeup;
            storage::VariantSetPtr set;
        };
        const auto answer = std::make_shared<Answer>(executor);
        tiers_[tier].layer->find(std::string(key.text), key.hash, [answer](storage::VariantSetPtr set, bool) {
            answer->set = std::move(set);
            answer->wakeup.notify();
        });
        co_await answer->wakeup.wait();
        const storage::Object* object = answer->set ? policy::choose_variant(*answer->set, request) : nullptr;
        (object ? metrics.layers[tier].hits : metrics.layers[tier].misses).add();
        if (!object) continue;
        const storage::ObjectPtr shared(answer->set, object);
        // Overtaken by an invalidation on its way here: it is gone, whatever the layer said.
        if (!tickets.permits(key, *object)) continue;
        for (std::size_t faster = 0; faster < tier; ++faster) {
            if (tiers_[faster].memory) {
                tiers_[faster].memory->insert(key, shared, tickets_, now, max_variants_[strategy]);
            }
        }
        found.set = answer->set;
        found.object = object;
        break;
    }
    co_return found;
}

Stored Tiers::store(const storage::KeyView& key, const storage::ObjectPtr& object, std::uint32_t strategy,
                    WorkerMetrics& metrics) {
    Stored result = Stored::failed;
    for (std::size_t tier = depth_[strategy]; tier-- > 0;) {
        Tier& into = tiers_[tier];
        if (into.memory) {
            const Stored stored =
                into.memory->insert(key, object, tickets_, object->stored_at, max_variants_[strategy]);
            metrics.layers[tier].stores[static_cast<std::size_t>(stored)].add();
            result = best(result, stored);
        } else {
            into.layer->insert(std::string(key.text), key.hash, object, [](Stored) {});
        }
    }
    return result;
}

Stored Tiers::refresh(const storage::KeyView& key, const storage::ObjectPtr& old, const storage::ObjectPtr& next,
                      std::uint32_t strategy, WorkerMetrics& metrics) {
    Stored result = Stored::failed;
    for (std::size_t tier = depth_[strategy]; tier-- > 0;) {
        Tier& in = tiers_[tier];
        if (in.memory) {
            const Stored stored = in.memory->refresh(key, old.get(), next, tickets_, next->stored_at);
            metrics.layers[tier].stores[static_cast<std::size_t>(stored)].add();
            result = best(result, stored);
        } else {
            in.layer->insert(std::string(key.text), key.hash, next, [](Stored) {});
        }
    }
    return result;
}

void Tiers::drop(const storage::KeyView& key, const storage::ObjectPtr& old, std::uint32_t strategy) {
    for (std::size_t tier = 0; tier < depth_[strategy]; ++tier) {
        if (tiers_[tier].memory) {
            tiers_[tier].memory->erase(OneObject(key.hash, old.get()), storage::Erasure::hard, 0);
        }
    }
}

InvalidationReceipt Tiers::erase(const policy::Invalidation& invalidation, std::size_t list_at_most) {
    InvalidationReceipt receipt;
    const auto fielded = invalidation.with_key_fields();
    for (std::size_t tier = 0; tier < tiers_.size(); ++tier) {
        if (!tiers_[tier].memory) continue;
        if (invalidation.layer && *invalidation.layer != tiers_[tier].settings.layer_name) continue;
        const auto apply = [&](const storage::Selection& selection) {
            auto erased = tiers_[tier].memory->erase(selection, invalidation.erasure, list_at_most);
            for (auto& key : erased.keys) {
                const bool listed = std::find(receipt.keys.begin(), receipt.keys.end(), key) != receipt.keys.end();
                if (!listed && receipt.keys.size() < list_at_most) receipt.keys.push_back(std::move(key));
            }
            return erased.key_count;
        };
        const std::uint64_t count = apply(invalidation) + (fielded ? apply(*fielded) : 0);
        receipt.layers.push_back({tier, count});
        receipt.count = std::max(receipt.count, count);
    }
    return receipt;
}

std::uint64_t Tiers::largest(std::uint32_t strategy) const {
    std::uint64_t most = 0;
    for (std::size_t tier = 0; tier < depth_[strategy]; ++tier) {
        if (tiers_[tier].memory) most = std::max(most, tiers_[tier].memory->largest());
    }
    return most;
}

void Tiers::expire(storage::UnixTime now) {
    for (Tier& tier : tiers_) {
        if (tier.memory) tier.memory->remove_expired(now, 1000);
    }
}

storage::LayerStats Tiers::stats(std::size_t tier) const {
    return tiers_[tier].memory ? tiers_[tier].memory->stats() : tiers_[tier].layer->stats();
}

}  // namespace larder::proxy
