#include "proxy/tiers.h"

#include <algorithm>

namespace larder::proxy {

using storage::Stored;

namespace {

// Stored responses of one key and variant: the one of a ticket, in whichever copies, or all that began earlier.
class OfVariant final : public storage::Selection {
  public:
    enum class Which { itself, earlier };
    OfVariant(const storage::KeyView& view, const storage::Object& object, Which which)
        : text_(view.text), ticket_(object.ticket), vary_(object.vary), which_(which) {
        index = Index::key;
        keys = {view.hash};
    }
    bool selects(const storage::KeyView& view, const storage::Object& object) const override {
        const bool chosen = which_ == Which::itself ? object.ticket == ticket_ : object.ticket < ticket_;
        return chosen && object.vary == vary_ && view.text == text_;
    }

  private:
    const std::string text_;
    const policy::Sequence ticket_;
    const std::vector<storage::VaryField> vary_;
    const Which which_;
};

void erase_from(Tier& tier, const std::shared_ptr<const OfVariant>& selection) {
    if (tier.memory) {
        tier.memory->erase(*selection, storage::Erasure::hard, 0);
    } else {
        tier.layer->erase(selection, storage::Erasure::hard, 0, [](const storage::Layer::Applied&) {});
    }
}

void erase_from(Tier& tier, const storage::KeyView& key, const storage::Object& object, OfVariant::Which which) {
    erase_from(tier, std::make_shared<const OfVariant>(key, object, which));
}

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
    for (Tier& tier : tiers_) {
        if (tier.layer && !tier.health) tier.health = std::make_shared<Tier::Health>();
    }
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

Tiers::Found Tiers::find(const storage::KeyView& key, const policy::Selecting& request, std::uint32_t strategy,
                         storage::UnixTime now, WorkerMetrics& metrics) {
    Found found;
    for (std::size_t tier = 0; tier < depth_[strategy]; ++tier) {
        if (!tiers_[tier].memory) continue;
        auto set = tiers_[tier].memory->find(key, now);
        const storage::Object* object = set ? policy::choose_variant(*set, request) : nullptr;
        LayerCounters& counters = tiers_[tier].counters->of(metrics.index);
        (object ? counters.hits : counters.misses).add();
        if (object || !found.set) found.set = std::move(set);
        found.object = object;
        if (object) {
            // One without others soon has enough to stay before them: workers write no line that they share.
            constexpr std::uint16_t enough = 16;
            if (found.set->variants.size() > 1 || object->uses.value() < enough) object->uses.add();
            break;
        }
    }
    return found;
}

Stored Tiers::store(const storage::KeyView& key, const storage::ObjectPtr& object, std::uint32_t strategy,
                    const Hold& hold, WorkerMetrics& metrics) {
    Stored result = Stored::failed;
    for (std::size_t tier = depth_[strategy]; tier-- > 0;) {
        Tier& into = tiers_[tier];
        Stored stored = Stored::failed;
        if (into.memory) {
            stored = into.memory->insert(key, object, *hold, object->stored_at, max_variants_[strategy]);
            into.counters->of(metrics.index).stores[static_cast<std::size_t>(stored)].add();
        } else if (!hold->permits(key, *object)) {
            stored = Stored::invalidated;
        } else if (object->part) {
            continue;
        } else {
            stored = into.layer->insert(storage::OwnedKey(key), object, max_variants_[strategy], hold, ignore);
            give(key.hash);
        }
        // Another layer has it: what this one has instead must not be found any more.
        const bool elsewhere = result == Stored::yes || tier > 0;
        const bool no_room = into.memory && stored == Stored::failed && result == Stored::yes;
        if ((stored == Stored::too_large && elsewhere) || no_room)
            erase_from(into, key, *object, OfVariant::Which::earlier);
        result = best(result, stored);
    }
    if (result == Stored::yes) count_miss(key, strategy, object->stored_at);
    return result;
}

Stored Tiers::refresh(const storage::KeyView& key, const storage::ObjectPtr& old, const storage::ObjectPtr& next,
                      std::uint32_t strategy, const Hold& hold, WorkerMetrics& metrics) {
    Stored result = Stored::failed;
    for (std::size_t tier = depth_[strategy]; tier-- > 0;) {
        Tier& in = tiers_[tier];
        Stored stored = Stored::failed;
        if (in.memory) {
            stored = in.memory->refresh(key, old.get(), next, *hold, next->stored_at);
            in.counters->of(metrics.index).stores[static_cast<std::size_t>(stored)].add();
            // A second copy from a slow layer, or no room: the next lookup gets it from there.
            const bool hides = stored != Stored::yes && stored != Stored::invalidated && slow_[strategy];
            if (hides) erase_from(in, key, *old, OfVariant::Which::itself);
        } else if (!hold->permits(key, *next)) {
            stored = Stored::invalidated;
        } else {
            stored = in.layer->refresh(storage::OwnedKey(key), old, next, hold, ignore);
            give(key.hash);
        }
        result = best(result, stored);
    }
    if (result == Stored::yes) count_miss(key, strategy, next->stored_at);
    return result;
}

// The fastest layer that has the key remembers; those behind it are told (expire()).
void Tiers::count_miss(const storage::KeyView& key, std::uint32_t strategy, storage::UnixTime now) {
    for (std::size_t tier = 0; tier < depth_[strategy]; ++tier) {
        const Tier& in = tiers_[tier];
        if (in.layer) return in.layer->used({{key.hash, 0, 1, now}});
        if (in.memory->count_miss(key, now)) return;
    }
}

void Tiers::drop(const storage::KeyView& key, const storage::ObjectPtr& old, std::uint32_t strategy) {
    const auto selection = std::make_shared<const OfVariant>(key, *old, OfVariant::Which::itself);
    for (std::size_t tier = 0; tier < depth_[strategy]; ++tier) erase_from(tiers_[tier], selection);
}

bool Tiers::cover(const Tiers& other) const {
    return std::all_of(other.tiers_.begin(), other.tiers_.end(), [&](const Tier& theirs) {
        return std::any_of(tiers_.begin(), tiers_.end(), [&](const Tier& ours) { return ours.same_place(theirs); });
    });
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

std::uint64_t Tiers::largest_part(std::uint32_t strategy) const {
    std::uint64_t most = 0;
    for (std::size_t tier = 0; tier < depth_[strategy]; ++tier) {
        if (tiers_[tier].memory) most = std::max(most, tiers_[tier].memory->largest());
    }
    return most;
}

storage::ObjectPtr Tiers::held(const storage::KeyView& key, const std::vector<storage::VaryField>& vary,
                               std::uint32_t strategy) const {
    for (std::size_t tier = 0; tier < depth_[strategy]; ++tier) {
        const auto set = tiers_[tier].memory ? tiers_[tier].memory->peek(key) : nullptr;
        if (!set) continue;
        for (const storage::ObjectPtr& object : set->variants) {
            if (object->vary == vary) return object;
        }
    }
    return nullptr;
}

std::vector<storage::VariantSetPtr> Tiers::held(const storage::KeyView& key, std::uint32_t strategy) const {
    std::vector<storage::VariantSetPtr> sets;
    for (std::size_t tier = 0; tier < depth_[strategy]; ++tier) {
        auto set = tiers_[tier].memory ? tiers_[tier].memory->peek(key) : nullptr;
        if (set) sets.push_back(std::move(set));
    }
    return sets;
}

void Tiers::expire(storage::UnixTime now) {
    // With uses to be told, a million entries are gone round in four minutes.
    constexpr std::size_t entries = 1000, entries_told = 4000;
    std::vector<storage::Layer::Use> uses;
    bool slow = false;
    for (const Tier& tier : tiers_) slow = slow || tier.layer;
    for (Tier& tier : tiers_) {
        if (tier.memory) tier.memory->remove_expired(now, slow ? entries_told : entries, slow ? &uses : nullptr);
        if (tier.layer && !uses.empty()) tier.layer->used(uses);
    }
}

storage::LayerStats Tiers::stats(std::size_t tier) const {
    const Tier& of = tiers_[tier];
    if (of.memory) return of.memory->stats();
    storage::LayerStats stats = of.layer->stats();
    const Tier::Health& health = *of.health;
    stats.errors[static_cast<std::size_t>(storage::LayerError::timeout)] +=
        health.lookups.timeouts() + health.erasures.timeouts();
    stats.available = stats.available && health.lookups.available() && health.erasures.available();
    return stats;
}

}  // namespace larder::proxy
