// What Tiers waits for: lookups in slow layers, and erasures.
#include <algorithm>
#include <atomic>

#include "policy/vary.h"
#include "proxy/tiers.h"
#include "proxy/wakeup.h"

namespace larder::proxy {
namespace {

using storage::Layer;

// A question to a slow layer, whose thread may have it longer than the coroutine that asked: with a copy of all that
// decides between variants.
class Lookup {
  public:
    Lookup(Executor executor, const policy::Selecting& request) : wakeup(std::move(executor)) {
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

    Wakeup wakeup;
    Layer::Found found;

  private:
    std::string_view kept(std::string_view text) {
        text_ += text;
        return std::string_view(text_).substr(text_.size() - text.size());
    }
    std::string text_;
    policy::Fields request_;
    std::string_view first_language_;
};

void ask(Layer& layer, const storage::KeyView& key, const std::shared_ptr<Lookup>& lookup) {
    layer.find(
        std::string(key.text), key.hash, [lookup](const storage::VariantSet& set) { return lookup->choose(set); },
        [lookup](Layer::Found found) {
            lookup->found = std::move(found);
            lookup->wakeup.notify();
        });
}

// With a pin of its own, since the other variants of the set are not to be kept with it.
storage::ObjectPtr in(const storage::VariantSet& set, const storage::Object* object) {
    return *std::find_if(set.variants.begin(), set.variants.end(),
                         [&](const storage::ObjectPtr& variant) { return variant.get() == object; });
}

// Selections that slow layers apply at the same time.
struct Erasures {
    Erasures(Executor executor, std::size_t count) : wakeup(std::move(executor)), left(count), answers(count) {}
    Wakeup wakeup;
    std::atomic<std::size_t> left;
    std::vector<Layer::Applied> answers;
};

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
        // Between the layer's answer and the promotion an invalidation may come: it stays known while this is held.
        const auto ticket = std::make_shared<policy::Tickets::Ticket>(tickets_.begin());
        const auto lookup = std::make_shared<Lookup>(executor, request);
        ask(*tiers_[tier].layer, key, lookup);
        co_await lookup->wakeup.wait();
        LayerCounters& metric = tiers_[tier].counters->of(metrics.index);
        const Layer::Found& answer = lookup->found;
        (answer.failed ? metric.errors : answer.object ? metric.hits : metric.misses).add();
        if (answer.failed || !answer.set) continue;
        // Overtaken by an invalidation on its way here: it is gone, whatever the layer said.
        if (answer.object && !tickets_.permits(key, *answer.object)) continue;
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
            const auto stored = into.memory->insert(key, object, tickets_, now, max_variants_[strategy]);
            into.counters->of(metrics.index).stores[static_cast<std::size_t>(stored)].add();
        } else {
            into.layer->insert(std::string(key.text), key.path_offset, key.hash, object, max_variants_[strategy], hold,
                               [](storage::Stored) {});
        }
    }
}

Task<InvalidationReceipt> Tiers::erase(Executor executor, std::shared_ptr<const policy::Invalidation> invalidation,
                                       std::size_t list_at_most) {
    InvalidationReceipt receipt;
    std::vector<std::shared_ptr<const storage::Selection>> selections{invalidation};
    for (auto& other : invalidation->further()) selections.push_back(std::move(other));
    std::size_t slow = 0;
    for (std::size_t tier = 0; tier < tiers_.size(); ++tier) {
        if (invalidation->layer && *invalidation->layer != tiers_[tier].settings.layer_name) continue;
        receipt.layers.push_back({tier, tiers_[tier].settings.layer_name, tiers_[tier].settings.technology, 0, false});
        if (tiers_[tier].layer) ++slow;
    }
    const auto erasures = std::make_shared<Erasures>(executor, slow * selections.size());
    std::size_t next = 0;
    for (auto& layer : receipt.layers) {
        const Tier& in = tiers_[layer.tier];
        for (const auto& selection : selections) {
            if (!in.layer) continue;
            in.layer->erase(selection, invalidation->erasure, list_at_most,
                            [erasures, which = next++](Layer::Applied applied) {
                                erasures->answers[which] = std::move(applied);
                                if (erasures->left.fetch_sub(1) == 1) erasures->wakeup.notify();
                            });
        }
    }
    for (auto& layer : receipt.layers) {
        const Tier& in = tiers_[layer.tier];
        for (const auto& selection : selections) {
            if (in.memory) {
                add(receipt, layer, in.memory->erase(*selection, invalidation->erasure, list_at_most), list_at_most);
            }
        }
    }
    if (slow > 0) co_await erasures->wakeup.wait();
    next = 0;
    for (auto& layer : receipt.layers) {
        if (!tiers_[layer.tier].layer) continue;
        for (std::size_t i = 0; i < selections.size(); ++i) {
            Layer::Applied& applied = erasures->answers[next++];
            add(receipt, layer, std::move(applied.erased), list_at_most);
            layer.failed = layer.failed || applied.failed;
            receipt.durable = receipt.durable && applied.durable;
        }
    }
    co_return receipt;
}

}  // namespace larder::proxy
