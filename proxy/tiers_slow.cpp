// What Tiers waits for: lookups in slow layers, and erasures.
#include <algorithm>

#include "policy/vary.h"
#include "proxy/answers.h"
#include "proxy/tiers.h"

namespace larder::proxy {
namespace {

using storage::Layer;

// What decides between variants, copied: a slow layer's thread may have it longer than the coroutine that asked.
class Lookup {
  public:
    explicit Lookup(const policy::Selecting& request) {
        std::size_t size = request.first_language.size();
        for (const policy::Field& field : request.fields) size += field.name.size() + field.value.size();
        text_.reserve(size);  // never moves: the views stay good
        request_.reserve(request.fields.size());
        for (const policy::Field& field : request.fields) request_.add(kept(field.name), kept(field.value));
        first_language_ = kept(request.first_language);
    }
    Lookup(const Lookup&) = delete;
    Lookup& operator=(const Lookup&) = delete;

    const storage::Object* choose(const storage::VariantSet& set) const {
        return policy::choose_variant(set, {request_, first_language_});
    }

  private:
    std::string_view kept(std::string_view text) {
        text_ += text;
        return std::string_view(text_).substr(text_.size() - text.size());
    }
    std::string text_;
    policy::Fields request_;
    std::string_view first_language_;
};

void ask(Layer& layer, const storage::KeyView& key, const policy::Selecting& request, Answers<Layer::Found>& answers) {
    const auto lookup = std::make_shared<Lookup>(request);
    layer.find(
        storage::OwnedKey(key), [lookup](const storage::VariantSet& set) { return lookup->choose(set); },
        answers.callback());
}

// With a pin of its own, since the other variants of the set are not to be kept with it.
storage::ObjectPtr in(const storage::VariantSet& set, const storage::Object* object) {
    return *std::find_if(set.variants.begin(), set.variants.end(),
                         [&](const storage::ObjectPtr& variant) { return variant.get() == object; });
}

// What a slow layer was asked to erase.
struct Erasing {
    Erasing(const Executor& executor, std::size_t selections) : answers(executor, selections) {}
    Answers<Layer::Applied> answers;
    bool patient = true;  // the layer answers erasures in time mostly
};

void note(LayerHealth& health, bool in_time, bool failed) {
    if (!in_time) {
        health.timed_out(Steady::now());
    } else if (failed) {
        health.failed(Steady::now());
    } else {
        health.answered();
    }
}

void add(InvalidationReceipt& receipt, InvalidationReceipt::ForLayer& layer, storage::Erased erased,
         std::size_t list_at_most) {
    for (auto& key : erased.keys) {
        const bool listed = std::find(receipt.keys.begin(), receipt.keys.end(), key) != receipt.keys.end();
        if (!listed && receipt.keys.size() < list_at_most) receipt.keys.push_back(std::move(key));
    }
    layer.count += erased.key_count;
    receipt.count = std::max(receipt.count, layer.count);
}

}  // namespace

Task<Tiers::Found> Tiers::find_slow(Executor executor, storage::KeyView key, policy::Selecting request,
                                    std::uint32_t strategy, storage::UnixTime now, WorkerMetrics& metrics) {
    Found found;
    for (std::size_t tier = 0; tier < depth_[strategy]; ++tier) {
        if (!tiers_[tier].layer) continue;
        Tier& asked = tiers_[tier];
        LayerCounters& metric = asked.counters->of(metrics.index);
        if (!asked.health->lookups.may_ask(Steady::now())) {
            metric.errors.add();
            continue;
        }
        // Between the layer's answer and the promotion an invalidation may come: it stays known while this is held.
        const auto ticket = std::make_shared<policy::Tickets::Ticket>(tickets_.begin());
        Answers<Layer::Found> answers(executor);
        ask(*asked.layer, key, request, answers);
        const auto came = co_await answers.within(asked.settings.file_system.lookup_timeout);
        Layer::Found answer;
        answer.failed = true;
        if (came.front()) answer = *came.front();
        note(asked.health->lookups, came.front().has_value(), answer.failed);
        (answer.failed ? metric.errors : answer.object ? metric.hits : metric.misses).add();
        if (answer.failed || !answer.set) continue;
        // Overtaken by an invalidation on its way here: it is gone, whatever the layer said.
        if (answer.object && !ticket->permits(key, *answer.object)) continue;
        if (answer.object || !found.set) found.set = answer.set;
        found.object = answer.object;
        if (!answer.object) continue;
        promote(key, in(*answer.set, answer.object), tier, strategy, ticket, now, metrics);
        break;
    }
    co_return found;
}

void Tiers::promote(const storage::KeyView& key, const storage::ObjectPtr& object, std::size_t from,
                    std::uint32_t strategy, const Hold& hold, storage::UnixTime now, WorkerMetrics& metrics) {
    if (!object->body || !object->body->in_memory()) return;
    for (std::size_t tier = 0; tier < from; ++tier) {
        const Tier& into = tiers_[tier];
        if (into.memory) {
            const auto stored = into.memory->insert(key, object, *hold, now, max_variants_[strategy]);
            into.counters->of(metrics.index).stores[static_cast<std::size_t>(stored)].add();
        } else {
            into.layer->insert(storage::OwnedKey(key), object, max_variants_[strategy], hold, [](storage::Stored) {});
        }
    }
}

Task<InvalidationReceipt> Tiers::erase(Executor executor, std::shared_ptr<const policy::Invalidation> invalidation,
                                       std::size_t list_at_most) {
    InvalidationReceipt receipt;
    std::vector<std::shared_ptr<const storage::Selection>> selections{invalidation};
    for (auto& other : invalidation->further()) selections.push_back(std::move(other));
    for (std::size_t tier = 0; tier < tiers_.size(); ++tier) {
        if (invalidation->layer && *invalidation->layer != tiers_[tier].settings.layer_name) continue;
        receipt.layers.push_back({tier, tiers_[tier].settings.layer_name, tiers_[tier].settings.technology, 0, false});
    }
    const auto began = Steady::now();
    std::vector<std::optional<Erasing>> slow(receipt.layers.size());
    for (std::size_t which = 0; which < slow.size(); ++which) {
        const Tier& in = tiers_[receipt.layers[which].tier];
        if (!in.layer) continue;
        slow[which].emplace(executor, selections.size());
        slow[which]->patient = in.health->erasures.may_ask(began);
        for (std::size_t i = 0; i < selections.size(); ++i) {
            in.layer->erase(selections[i], invalidation->erasure, list_at_most, slow[which]->answers.callback(i));
        }
    }
    for (auto& layer : receipt.layers) {
        const Tier& in = tiers_[layer.tier];
        if (!in.memory) continue;
        for (const auto& selection : selections) {
            add(receipt, layer, in.memory->erase(*selection, invalidation->erasure, list_at_most), list_at_most);
        }
    }
    for (std::size_t which = 0; which < slow.size(); ++which) {
        if (!slow[which]) continue;
        auto& layer = receipt.layers[which];
        Tier& in = tiers_[layer.tier];
        const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - began);
        const auto left = std::max(in.settings.file_system.timeout - passed, std::chrono::milliseconds(1));
        auto came = co_await slow[which]->answers.within(slow[which]->patient ? left : std::chrono::milliseconds(0));
        bool all_in_time = true;
        for (std::optional<Layer::Applied>& applied : came) {
            if (applied) {
                add(receipt, layer, std::move(applied->erased), list_at_most);
                layer.failed = layer.failed || applied->failed;
                receipt.durable = receipt.durable && applied->durable;
            } else {
                // The layer knows of it and serves nothing of it, but nobody knows when it will be written.
                all_in_time = false;
                layer.failed = true;
                receipt.durable = receipt.durable && invalidation->erasure == storage::Erasure::dry_run;
            }
        }
        if (slow[which]->patient) note(in.health->erasures, all_in_time, layer.failed);
        if (!slow[which]->patient && all_in_time) in.health->erasures.answered();
    }
    co_return receipt;
}

}  // namespace larder::proxy
