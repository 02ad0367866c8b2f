#include "storage/disk/finding.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "storage/disk/content.h"

namespace larder::storage::disk {

namespace {

// A larger body is read when it is sent, piece by piece.
constexpr std::uint64_t most_whole_bytes = 1024 * 1024;

// A variant as it is to be seen.
struct Candidate {
    ObjectPtr object;
    std::optional<Variant> stored;  // where its body lies; nullopt: in the object
};

// What is pending, done to what is stored. Some of it may be committed already: doing it again changes nothing.
class View {
  public:
    View(std::vector<Variant> stored, const KeyView& key) : key_(key) {
        for (Variant& variant : stored) {
            ObjectPtr object = variant.record.object;
            candidates_.push_back({std::move(object), std::move(variant)});
        }
    }

    void apply(const Pending::Change& change) {
        const Operation& operation = *change.operation;
        if (operation.stores()) {
            // One that its permit refuses will not be stored.
            if (operation.key.text != key_.text || !change.permit->permits(key_, *operation.object)) return;
        }
        switch (operation.kind) {
            case Operation::Kind::insert:
                insert(operation.object, std::nullopt, operation.max_variants);
                break;
            case Operation::Kind::refresh:
                refresh(operation);
                break;
            case Operation::Kind::erase:
                erase(*operation.selection, operation.erasure);
                break;
            default:
                break;
        }
    }

    void erase(const Selection& selection, Erasure erasure) {
        if (erasure == Erasure::dry_run) return;
        for (auto it = candidates_.begin(); it != candidates_.end();) {
            if (!selection.selects(key_, *it->object)) {
                ++it;
            } else if (erasure == Erasure::hard) {
                it = candidates_.erase(it);
            } else {
                const auto stale = std::make_shared<Object>(*it->object);
                stale->lifetime.invalidated = true;
                it->object = stale;
                ++it;
            }
        }
    }

    std::vector<Candidate>& candidates() { return candidates_; }

  private:
    void insert(const ObjectPtr& object, std::optional<Variant> stored, std::size_t max_variants) {
        for (const Candidate& there : candidates_) {
            const Object& other = *there.object;
            if (other.vary != object->vary) continue;
            if (object->ticket < other.ticket) return;
            if (object->ticket == other.ticket && other.lifetime.invalidated && !object->lifetime.invalidated) return;
        }
        std::erase_if(candidates_, [&](const Candidate& there) { return there.object->vary == object->vary; });
        candidates_.insert(candidates_.begin(), {object, std::move(stored)});
        if (candidates_.size() > std::max<std::size_t>(max_variants, 1)) candidates_.pop_back();
    }

    void refresh(const Operation& operation) {
        const auto replaced = std::find_if(candidates_.begin(), candidates_.end(), [&](const Candidate& there) {
            return there.object->ticket == operation.old_one->ticket && there.object->vary == operation.old_one->vary;
        });
        if (replaced == candidates_.end()) return;
        const auto next = std::make_shared<Object>(*operation.object);
        std::optional<Variant> stored = std::move(replaced->stored);
        if (!stored) next->body = replaced->object->body;
        candidates_.erase(replaced);
        insert(next, std::move(stored), SIZE_MAX);
    }

    const KeyView key_;
    std::vector<Candidate> candidates_;
};

std::shared_ptr<const Body> body_of(Engine& engine, const std::shared_ptr<Link>& link, Content& content,
                                    const Variant& stored) {
    const Record& record = stored.record;
    if (record.body_number == 0 || record.body_size <= most_whole_bytes) {
        return content.body(*engine.options.account, stored.number, record);
    }
    const auto body = std::make_shared<Body>();
    body->size = record.body_size;
    body->source = std::make_shared<Source>(link, engine, stored.number, record.body_number, record.body_size);
    return body;
}

}  // namespace

Layer::Found find(Engine& engine, const std::shared_ptr<Link>& link, const KeyView& key, const Layer::Choose& choose) {
    Layer::Found found;
    const auto mode = engine.pending.mode();
    if (mode == Pending::Mode::waiting || mode == Pending::Mode::finished) return found;
    // Before the transaction: what leaves it meanwhile is committed, and seen.
    const Pending::Seen seen = engine.pending.seen(key.hash);
    if (seen.sealed) {
        found.failed = true;
        return found;
    }
    const std::uint64_t generation = engine.generation;
    try {
        const auto entered = engine.environment.enter();
        if (!engine.environment.is_open()) {
            found.failed = true;
            return found;
        }
        Content content(engine.environment, Transaction::Mode::read);
        std::vector<Variant> stored;
        if (const auto entry = content.key(key.hash)) stored = content.variants(*entry);
        std::erase_if(stored, [&](const Variant& variant) { return variant.record.key_text != key.text; });
        View view(std::move(stored), key);
        for (const OperationPtr& denied : seen.denied) view.erase(*denied->selection, denied->erasure);
        for (const Pending::Change& change : seen.changes) view.apply(change);

        const auto set = std::make_shared<VariantSet>();
        for (const Candidate& candidate : view.candidates()) set->variants.push_back(candidate.object);
        const Object* chosen = set->variants.empty() ? nullptr : choose(*set);
        for (std::size_t i = 0; i < set->variants.size() && chosen; ++i) {
            if (set->variants[i].get() != chosen) continue;
            if (const auto& where = view.candidates()[i].stored) {
                const auto whole = std::make_shared<Object>(*chosen);
                whole->body = body_of(engine, link, content, *where);
                if (!whole->body) break;
                engine.variant_uses.add(where->number);
                set->variants[i] = whole;
            }
            found.object = set->variants[i].get();
            break;
        }
        engine.note_damage(content.damaged(), generation);
        engine.note_read();
        if (chosen && !found.object) return found;  // its body is damaged
        if (!set->variants.empty()) found.set = set;
        if (found.object) engine.uses.note(key.hash, {1, 0, engine.options.now()});
    } catch (const Failure& failure) {
        engine.note_read_failure(failure, generation);
        found = {};
        found.failed = true;
    }
    return found;
}

}  // namespace larder::storage::disk
