#include "proxy/tiers.h"

#include <algorithm>

#include "policy/vary.h"

namespace larder::proxy {

using storage::Stored;

namespace {

// This response, whichever copies of it there are, wherever its key has gone.
class OneResponse final : public storage::Selection {
  public:
    OneResponse(const storage::KeyView& view, const storage::Object& object)
        : text_(view.text), ticket_(object.ticket), vary_(object.vary) {
        index = Index::key;
        key = view.hash;
    }
    bool selects(const storage::KeyView& view, const storage::Object& object) const override {
        return object.ticket == ticket_ && object.vary == vary_ && view.text == text_;
    }

  private:
    const std::string text_;
    const policy::Sequence ticket_;
    const std::vector<storage::VaryField> vary_;
};

// Of what several layers answered: stored in one of them is stored; an invalidation speaks for all.
Stored best(Stored one, Stored other) {
    if (one == Stored::invalidated || other == Stored::invalidated) return Stored::invalidated;
    if (one == Stored::yes) return one;
    return other == Stored::failed ? one : other;
}

void ignore(Stored) {}

}  // namespace

Tiers::Tiers(std::vector<Tier> tiers, const policy::StrategyTable& strategies, policy::Tickets& tickets)
    : tickets_(tickets), tiers_(std::move(tiers)) {
    std::stable_sort(tiers_.begin(), tiers_.end(),
                     [](const Tier& a, const Tier& b) { return a.settings.cache_level < b.settings.cache_level; });
    for (const policy::Strategy& strategy : strategies.all()) {
        std::size_t depth = 0;
        bool slow = false;
        for (std::size_t tier = 0; tier < tiers_.size(); ++tier) {
            if (tiers_[tier].settings.layer_name == strategy.layer) depth = tier + 1;
        }
        for (std::size_t tier = 0; tier < depth; ++tier) slow = slow || tiers_[tier].layer;
        depth_.push_back(depth);
        slow_.push_back(slow);
        max_variants_.push_back(strategy.rules.configuration.max_variants);
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

Stored Tiers::store(const storage::KeyView& key, const storage::ObjectPtr& object, std::uint32_t strategy,
                    const Hold& hold, WorkerMetrics& metrics) {
    Stored result = Stored::failed;
    for (std::size_t tier = depth_[strategy]; tier-- > 0;) {
        Tier& into = tiers_[tier];
        if (into.memory) {
            const Stored stored =
                into.memory->insert(key, object, tickets_, object->stored_at, max_variants_[strategy]);
            metrics.layers[tier].stores[static_cast<std::size_t>(stored)].add();
            result = best(result, stored);
        } else if (!tickets_.permits(key, *object)) {
            result = Stored::invalidated;
        } else {
            const bool takes = object->body->size <= into.layer->largest() && into.layer->stats().available;
            // It is also told of what it does not take: that counts, and what it has instead is out of date.
            into.layer->insert(std::string(key.text), key.path_offset, key.hash, object, max_variants_[strategy], hold,
                               ignore);
            if (takes) result = best(result, Stored::yes);
        }
    }
    return result;
}

Stored Tiers::refresh(const storage::KeyView& key, const storage::ObjectPtr& old, const storage::ObjectPtr& next,
                      std::uint32_t strategy, const Hold& hold, WorkerMetrics& metrics) {
    Stored result = Stored::failed;
    for (std::size_t tier = depth_[strategy]; tier-- > 0;) {
        Tier& in = tiers_[tier];
        if (in.memory) {
            const Stored stored = in.memory->refresh(key, old.get(), next, tickets_, next->stored_at);
            metrics.layers[tier].stores[static_cast<std::size_t>(stored)].add();
            result = best(result, stored);
        } else if (!tickets_.permits(key, *next)) {
            result = Stored::invalidated;
        } else {
            in.layer->refresh(std::string(key.text), key.hash, old, next, hold, ignore);
            if (in.layer->stats().available) result = best(result, Stored::yes);
        }
    }
    return result;
}

void Tiers::drop(const storage::KeyView& key, const storage::ObjectPtr& old, std::uint32_t strategy) {
    const auto selection = std::make_shared<OneResponse>(key, *old);
    for (std::size_t tier = 0; tier < depth_[strategy]; ++tier) {
        if (tiers_[tier].memory) {
            tiers_[tier].memory->erase(*selection, storage::Erasure::hard, 0);
        } else {
            tiers_[tier].layer->erase(selection, storage::Erasure::hard, 0, [](const storage::Layer::Applied&) {});
        }
    }
}

std::uint64_t Tiers::largest(std::uint32_t strategy) const {
    std::uint64_t most = 0;
    for (std::size_t tier = 0; tier < depth_[strategy]; ++tier) {
        const Tier& in = tiers_[tier];
        if (in.memory) {
            most = std::max(most, in.memory->largest());
        } else if (in.layer->stats().available) {
            most = std::max(most, in.layer->largest());
        }
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
