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

    void apply(const Operation& operation) {
        switch (operation.kind) {
            case Operation::Kind::insert:
                if (operation.key_text == key_.text) insert(operation.object, std::nullopt, operation.max_variants);
                break;
            case Operation::Kind::refresh:
                if (operation.key_text == key_.text) refresh(operation);
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
    if (record.body_number == 0 || record.body_size <= most_whole_bytes) return content.body(stored.number, record);
    const auto body = std::make_shared<Body>();
    body->size = record.body_size;
    body->source = std::make_shared<Source>(link, engine, stored.number, record.body_number, record.body_size);
    return body;
}

}  // namespace

Layer::Found find(Engine& engine, const std::shared_ptr<Link>& link, const std::string& key_text, const KeyHash& hash,
                  const Layer::Choose& choose) {
    Layer::Found found;
    const auto mode = engine.pending.mode();
    if (mode == Pending::Mode::waiting || mode == Pending::Mode::finished) return found;
    // Before the transaction: what leaves it meanwhile is committed, and seen.
    const Pending::Seen seen = engine.pending.seen(hash);
    try {
        const auto entered = engine.environment.enter();
        if (!engine.environment.is_open()) {
            found.failed = true;
            return found;
        }
        Content content(engine.environment, Transaction::Mode::read);
        std::vector<Variant> stored;
        if (const auto entry = content.key(hash)) stored = content.variants(*entry);
        std::erase_if(stored, [&](const Variant& variant) { return variant.record.key_text != key_text; });
        std::uint32_t path_offset = 0;
        if (!stored.empty()) path_offset = stored.front().record.path_offset;
        for (const OperationPtr& operation : seen.operations) {
            if (operation->kind == Operation::Kind::insert && operation->key_text == key_text) {
                path_offset = operation->path_offset;
            }
        }
        View view(std::move(stored), {key_text, hash, path_offset});
        for (const OperationPtr& denied : seen.denied) view.erase(*denied->selection, denied->erasure);
        for (const OperationPtr& operation : seen.operations) view.apply(*operation);

        const auto set = std::make_shared<VariantSet>();
        for (const Candidate& candidate : view.candidates()) set->variants.push_back(candidate.object);
        const Object* chosen = set->variants.empty() ? nullptr : choose(*set);
        for (std::size_t i = 0; i < set->variants.size() && chosen; ++i) {
            if (set->variants[i].get() != chosen) continue;
            if (const auto& where = view.candidates()[i].stored) {
                const auto whole = std::make_shared<Object>(*chosen);
                whole->body = body_of(engine, link, content, *where);
                if (!whole->body) break;
                set->variants[i] = whole;
            }
            found.object = set->variants[i].get();
            break;
        }
        engine.note_damage(content.damaged());
        engine.note_read();
        if (chosen && !found.object) return found;  // its body is damaged
        if (!set->variants.empty()) found.set = set;
        if (found.object) engine.uses.note(hash, {1, 0, engine.options.now()});
    } catch (const Failure& failure) {
        engine.note_read_failure(failure);
        found = {};
        found.failed = true;
    }
    return found;
}

}  // namespace larder::storage::disk
