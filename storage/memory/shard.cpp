#include "storage/memory/shard.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <limits>
#include <utility>

namespace larder::storage {

namespace {

constexpr std::size_t least_buckets = 16;

// A full table grows to twice its size while the old one is still there; one that is a quarter full shrinks. So an
// entry has at most four buckets and four candidate slots, 8 bytes each.
constexpr std::size_t tables_share = 64;

// The node of unordered_map (next, hash, name, Tag), and two buckets.
std::uint64_t tag_charge(const std::string& name) {
    return block_charge(16 + sizeof(std::string) + sizeof(Tag)) + block_charge(name.size() + 1) + 16;
}

constexpr std::size_t link_charge = block_charge(sizeof(Link));

std::uint64_t set_charge(std::size_t variants) {
    return block_charge(sizeof(VariantSet) + shared_overhead) + block_charge(variants * sizeof(ObjectPtr)) +
           block_charge(variants * sizeof(InLayer));
}

std::uint64_t fixed_charge(std::size_t key_size) {
    return block_charge(sizeof(Entry)) + block_charge(key_size + 1) + tables_share;
}

std::uint64_t charge_of(const Entry& entry) {
    return fixed_charge(entry.text.size()) + set_charge(entry.variants->variants.capacity()) +
           vector_charge(entry.tags) + entry.tags.size() * link_charge + entry.objects_charge;
}

// So many of them, those of which no request asked again first to go, and of equally used ones the least recently
// stored: who only ever asks once for each of many variants does not displace the one that everybody uses. `objects`:
// the most recent first. The result is ordered by address.
std::vector<const Object*> most_used(std::vector<const Object*> objects, std::size_t count) {
    if (objects.size() > count) {
        std::stable_sort(objects.begin(), objects.end(),
                         [](const Object* a, const Object* b) { return a->uses.value() > b->uses.value(); });
        objects.resize(count);
    }
    std::sort(objects.begin(), objects.end(), std::less<>());
    return objects;
}

}  // namespace

std::uint64_t entry_charge(std::string_view key_text, std::size_t variants, const std::vector<std::string>& tags) {
    constexpr std::uint64_t rounding = 32;
    std::uint64_t sum = fixed_charge(key_text.size()) + set_charge(variants);
    if (!tags.empty()) sum += block_charge(tags.size() * sizeof(void*)) + rounding;
    for (const std::string& tag : tags) sum += link_charge + tag_charge(tag);
    return sum;
}

Shard::Shard(config::EvictionPolicy policy, std::uint64_t seed)
    : eviction_(policy, seed),
      buckets_(least_buckets),
      table_(Table::bucket_traits(buckets_.data(), buckets_.size())),
      tags_(0, TagHash{seed}) {
    order_.push_back(expiry_cursor);
}

Shard::~Shard() {
    Change change;
    while (!eviction_.all().empty()) remove(static_cast<Entry&>(*eviction_.all().back()), change);
    order_.clear();
}

Entry* Shard::find(const KeyHash& hash) {
    const auto found = table_.find(hash);
    return found == table_.end() ? nullptr : &*found;
}

Entry* Shard::find(const KeyView& key) {
    Entry* entry = find(key.hash);
    return entry && entry->text == key.text ? entry : nullptr;
}

Tag* Shard::find_tag(std::string_view name) {
    const auto found = tags_.find(name);
    return found == tags_.end() ? nullptr : &found->second;
}

Stored Shard::insert(std::unique_ptr<Entry>& fresh, ObjectPtr object, std::size_t max_variants, Change& change) {
    Entry* entry = find(fresh->hash);
    if (entry && entry->text != fresh->text) {
        change.evictions += entry->variants->variants.size();
        remove(*entry, change);
        entry = nullptr;
    }
    if (!entry) {
        entry = fresh.get();
        link(std::move(fresh));
        publish(*entry, nullptr, std::move(object), max_variants, change);
        return Stored::yes;
    }
    for (const ObjectPtr& variant : entry->variants->variants) {
        if (variant->vary != object->vary) continue;
        // Never an older response over a newer one; nor the same one, from a slower layer, over its own invalidation.
        if (object->ticket < variant->ticket) return Stored::superseded;
        if (object->ticket == variant->ticket && variant->lifetime.invalidated && !object->lifetime.invalidated) {
            return Stored::superseded;
        }
    }
    publish(*entry, nullptr, std::move(object), max_variants, change);
    return Stored::yes;
}

Stored Shard::refresh(const KeyView& key, const Object* old_one, ObjectPtr object, Change& change) {
    Entry* entry = find(key);
    if (!entry) return Stored::superseded;
    bool there = false;
    for (const ObjectPtr& variant : entry->variants->variants) {
        if (variant.get() == old_one) {
            there = true;
        } else if (variant->vary == object->vary && object->ticket < variant->ticket) {
            return Stored::superseded;
        }
    }
    if (!there) return Stored::superseded;
    publish(*entry, old_one, std::move(object), entry->variants->variants.size(), change);
    return Stored::yes;
}

// Puts the object in front, in place of `replaced` and of the variant with the same `vary`.
void Shard::publish(Entry& entry, const Object* replaced, ObjectPtr object, std::size_t max_variants, Change& change) {
    const std::size_t before = entry.variants ? entry.variants->variants.size() : 0;
    const auto set = std::make_shared<VariantSet>();
    set->variants.reserve(std::max<std::size_t>(1, std::min(before + 1, max_variants)));
    std::uint64_t objects_charge = object->charge();
    set->variants.push_back(std::move(object));
    const Object& newest = *set->variants.front();
    std::vector<const Object*> others;
    for (std::size_t i = 0; i < before; ++i) {
        const Object& variant = *entry.variants->variants[i];
        if (&variant != replaced && variant.vary != newest.vary) {
            others.push_back(&variant);
        } else {
            newest.uses.add(variant.uses.value() / 2);  // what was in use is likely to be again
        }
    }
    const auto kept = most_used(std::move(others), max_variants - 1);
    for (std::size_t i = 0; i < before; ++i) {
        const ObjectPtr& variant = entry.variants->variants[i];
        if (!std::binary_search(kept.begin(), kept.end(), variant.get())) continue;
        objects_charge += variant->charge();
        set->variants.push_back(variant);
    }
    if (set->variants.size() == 1) {  // all of it is new, so it is the youngest; else a walk could miss the others
        order_.splice(order_.end(), order_, order_.iterator_to(entry.order));
    }
    assign(entry, set, objects_charge, change);
    eviction_.stored(entry);
}

std::uint64_t Shard::erase(Entry& entry, Erasure erasure, const std::function<bool(const Object&)>& selected,
                           Change& change) {
    const auto& old = entry.variants->variants;
    const auto count = static_cast<std::uint64_t>(
        std::count_if(old.begin(), old.end(), [&](const ObjectPtr& variant) { return selected(*variant); }));
    if (count == 0 || erasure == Erasure::dry_run) return count;
    if (erasure == Erasure::hard && count == old.size()) {
        remove(entry, change);
        return count;
    }
    const auto set = std::make_shared<VariantSet>();
    set->variants.reserve(erasure == Erasure::hard ? old.size() - count : old.size());
    std::uint64_t objects_charge = 0;
    for (const ObjectPtr& variant : old) {
        ObjectPtr next = variant;
        if (selected(*variant)) {
            if (erasure == Erasure::hard) continue;
            if (!variant->lifetime.invalidated) {
                const auto stale = std::make_shared<Object>(*variant);
                stale->lifetime.invalidated = true;
                next = stale;
            }
        }
        objects_charge += next->charge();
        set->variants.push_back(std::move(next));
    }
    assign(entry, set, objects_charge, change);
    return count;
}

bool Shard::evict(UnixTime now, Change& change) {
    if (eviction_.all().empty()) return false;
    const auto oldest = std::find_if(order_.begin(), order_.end(), [](const Link& link) { return link.entry; });
    Entry& victim = static_cast<Entry&>(eviction_.victim(*oldest->entry, now));
    change.evictions += victim.variants->variants.size();
    remove(victim, change);
    return true;
}

namespace {

// Of the variants of a set, of which many are as before.
std::vector<InLayer> bodies_of(const VariantSet& set, std::vector<InLayer>& before) {
    std::vector<InLayer> bodies;
    bodies.reserve(set.variants.capacity());
    for (const ObjectPtr& variant : set.variants) {
        const auto there = std::find_if(before.begin(), before.end(),
                                        [&](const InLayer& body) { return body.body() == variant->body.get(); });
        bodies.push_back(there == before.end() ? InLayer(variant->body.get()) : std::move(*there));
    }
    return bodies;
}

}  // namespace

void Shard::assign(Entry& entry, std::shared_ptr<VariantSet> set, std::uint64_t objects_charge, Change& change) {
    entry.bodies = bodies_of(*set, entry.bodies);
    if (entry.variants) {
        change.objects -= static_cast<std::int64_t>(entry.variants->variants.size());
        change.sets.push_back(std::move(entry.variants));
    }
    change.objects += static_cast<std::int64_t>(set->variants.size());
    entry.fresh_until = std::numeric_limits<UnixTime>::lowest();
    entry.leaves_at = std::numeric_limits<UnixTime>::max();
    for (const ObjectPtr& variant : set->variants) {
        if (!variant->lifetime.invalidated) {
            entry.fresh_until = std::max(entry.fresh_until, variant->lifetime.fresh_until());
        }
        entry.leaves_at = std::min(entry.leaves_at, variant->useful_until());
    }
    entry.variants = std::move(set);
    entry.objects_charge = objects_charge;
    retag(entry, change);
    change.freed += entry.charge;
    entry.charge = charge_of(entry);
    change.taken += entry.charge;
}

// Links the entry under the tags of its variants. A link that stays is not moved: a walk relies on it.
void Shard::retag(Entry& entry, Change& change) {
    std::vector<std::string_view> wanted;
    for (const ObjectPtr& variant : entry.variants->variants) {
        wanted.insert(wanted.end(), variant->tags.begin(), variant->tags.end());
    }
    if (wanted.empty() && entry.tags.empty()) return;
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());

    std::vector<std::unique_ptr<Link>> old = std::exchange(entry.tags, {});
    entry.tags.reserve(wanted.size());
    auto link = old.begin();
    const auto unlink = [&] {
        Tag& tag = *(*link)->tag;
        tag.links.erase(tag.links.iterator_to(**link));
        release(tag, change);
        ++link;
    };
    for (const std::string_view name : wanted) {
        while (link != old.end() && *(*link)->tag->name < name) unlink();
        if (link != old.end() && *(*link)->tag->name == name) {
            entry.tags.push_back(std::move(*link++));
            continue;
        }
        auto tag = tags_.find(name);
        if (tag == tags_.end()) {
            tag = tags_.try_emplace(std::string(name)).first;
            tag->second.name = &tag->first;
            change.taken += tag_charge(tag->first);
        }
        entry.tags.push_back(std::make_unique<Link>());
        entry.tags.back()->entry = &entry;
        entry.tags.back()->tag = &tag->second;
        tag->second.links.push_back(*entry.tags.back());
    }
    while (link != old.end()) unlink();
}

void Shard::release(Tag& tag, Change& change) {
    if (!tag.links.empty()) return;
    change.freed += tag_charge(*tag.name);
    tags_.erase(tags_.find(*tag.name));
    if (tags_.size() * 8 < tags_.bucket_count()) tags_.rehash(tags_.size() * 2);
}

void Shard::link(std::unique_ptr<Entry> owned) {
    Entry& entry = *owned.release();  // remove() takes it back
    eviction_.add(entry);
    table_.insert(entry);
    paths_.insert(entry);
    order_.push_back(entry.order);
    fit_tables();
}

void Shard::remove(Entry& entry, Change& change) {
    for (const std::unique_ptr<Link>& link : entry.tags) {
        link->tag->links.erase(link->tag->links.iterator_to(*link));
        release(*link->tag, change);
    }
    order_.erase(order_.iterator_to(entry.order));
    paths_.erase(paths_.iterator_to(entry));
    table_.erase(table_.iterator_to(entry));
    eviction_.remove(entry);
    change.objects -= static_cast<std::int64_t>(entry.variants->variants.size());
    change.freed += entry.charge;
    change.entries.emplace_back(&entry);
    fit_tables();
}

void Shard::fit_tables() {
    const std::size_t entries = eviction_.all().size(), buckets = buckets_.size();
    const bool shrink = entries * 4 < buckets && buckets > least_buckets;
    if (entries <= buckets && !shrink) return;
    std::vector<Table::bucket_type> next(shrink ? buckets / 2 : buckets * 2);
    table_.rehash(Table::bucket_traits(next.data(), next.size()));
    buckets_ = std::move(next);
    if (shrink) eviction_.shrink();
}

}  // namespace larder::storage
