#include "storage/disk/storing.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "config/layer_sizes.h"
#include "storage/disk/indexes.h"

namespace larder::storage::disk {

namespace {

// Below it a body lies in its record, unless the head leaves no room there.
constexpr std::uint64_t most_inline_bytes = 1200;
// Of a record, its key and its index entries.
constexpr std::uint64_t head_pages = 12;

struct Place {
    KeyEntry entry;
    bool found = false;
    std::vector<Variant> variants;  // the most recent first
};

// What is stored under a key. Another key of the same hash has to go.
Place place_of(Content& content, const Operation& operation) {
    Place place;
    auto entry = content.key(operation.key.hash);
    if (!entry) return place;
    place.variants = content.variants(*entry);
    if (place.variants.empty() || place.variants.front().record.key_text != operation.key.text) {
        content.remove_key(operation.key.hash, *entry);
        place.variants.clear();
        return place;
    }
    place.entry = std::move(*entry);
    place.found = true;
    return place;
}

bool superseded(const std::vector<Variant>& variants, const Object& object) {
    for (const Variant& variant : variants) {
        const Object& there = *variant.record.object;
        if (there.vary != object.vary) continue;
        // Never an older response over a newer one; nor the same one over its own invalidation.
        if (object.ticket < there.ticket) return true;
        if (object.ticket == there.ticket && there.lifetime.invalidated && !object.lifetime.invalidated) return true;
    }
    return false;
}

// So many of the variants, by their numbers, the most recent first: those used least go. Ordered by number.
std::vector<std::uint64_t> most_used(const Engine& engine, std::vector<std::uint64_t> numbers, std::size_t count) {
    if (numbers.size() > count) {
        std::stable_sort(numbers.begin(), numbers.end(), [&](std::uint64_t a, std::uint64_t b) {
            return engine.variant_uses.of(a) > engine.variant_uses.of(b);
        });
        numbers.resize(count);
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

// The record becomes the key's first variant; `replaced` gives it its body.
void publish(Batch& batch, Engine& engine, Place place, Record& record, std::size_t max_variants,
             std::uint64_t replaced = 0) {
    Content& content = batch.content();
    const std::uint64_t number = batch.new_number();
    content.put_object(number, record);
    KeyEntry& entry = place.entry;
    entry.numbers = {number};
    entry.bytes = record.body_size;
    const auto is_replaced = [&](const Variant& variant) {
        return variant.number == replaced || variant.record.object->vary == record.object->vary;
    };
    std::vector<std::uint64_t> others;
    for (const Variant& variant : place.variants) {
        if (!is_replaced(variant)) {
            others.push_back(variant.number);
        } else if (const auto uses = engine.variant_uses.of(variant.number)) {
            engine.variant_uses.add(number, uses / 2);  // what was in use is likely to be again
        }
    }
    const auto kept = most_used(engine, std::move(others), std::max<std::size_t>(max_variants, 1) - 1);
    for (const Variant& variant : place.variants) {
        if (!std::binary_search(kept.begin(), kept.end(), variant.number)) {
            content.drop_object(variant.number, variant.record, variant.number != replaced);
        } else {
            entry.numbers.push_back(variant.number);
            entry.bytes += variant.record.body_size;
        }
    }
    const UnixTime now = engine.options.now();
    entry.inflation = engine.eviction.load() == config::EvictionPolicy::custom ? batch.inflation() : 0;
    if (!place.found) {
        entry.created_at = now;
        entry.indexed = now;
        content.transaction().append(content.tables().paths, path_key(record.key()), Bytes());
        content.index_recency(record.hash, now);
    } else if (entry.indexed != now) {
        content.place(record.hash, entry, now);
    }
    content.put_key(record.hash, entry);
}

Record record_of(const Operation& operation, const Object& head) {
    Record record;
    record.key_text = operation.key.text;
    record.path_offset = operation.key.path_offset;
    record.hash = operation.key.hash;
    record.object = std::make_shared<Object>(head);
    record.object->body = nullptr;
    return record;
}

// False: no room.
bool write_body(Batch& batch, const Body& body, std::uint64_t number) {
    BodyBytes bytes(body.pieces);
    const std::uint64_t count = batch.content().parts().count(body.size);
    bool disowned = false;
    for (std::uint64_t first = 0; first < count;) {
        batch.turn();
        const std::uint64_t now = std::min(count - first, std::max<std::uint64_t>(batch.left() / 2, 1));
        if (!batch.make_room(now + head_pages)) return false;
        if (now < count && !disowned) {
            batch.content().disown(number);
            disowned = true;
        }
        batch.content().parts().write(number, body.size, bytes, first, first + now);
        batch.content().spend(2 * now);
        first += now;
    }
    batch.turn();
    if (disowned) batch.content().own(number);
    return true;
}

}  // namespace

Stored insert(Batch& batch, Engine& engine, const Operation& operation) {
    const Object& object = *operation.object;
    const Body& body = *object.body;
    if (!body.in_memory()) return Stored::failed;
    if (body.size > largest_body(engine.max_bytes)) return Stored::too_large;
    Record record = record_of(operation, object);
    record.body_size = body.size;
    if (body.size <= most_inline_bytes) {
        record.inline_body.resize(body.size);
        BodyBytes(body.pieces).copy(record.inline_body.data(), body.size);
    }
    const std::uint64_t head_bytes = encode(record).size();
    if (head_bytes - record.inline_body.size() > most_head_bytes) return Stored::too_large;
    {  // Before anything is written for nothing.
        const auto entry = batch.content().key(operation.key.hash);
        const auto there = entry ? batch.content().variants(*entry) : std::vector<Variant>();
        const bool same_key = !there.empty() && there.front().record.key_text == operation.key.text;
        if (same_key && superseded(there, object)) return Stored::superseded;
    }
    if (!batch.make_room(head_pages + head_bytes / engine.environment.part_bytes())) {
        engine.figures.count(LayerError::full);
        return Stored::failed;
    }
    if (body.size > most_inline_bytes) {
        record.body_number = batch.new_number();
        if (!write_body(batch, body, record.body_number)) {
            engine.figures.count(LayerError::full);
            return Stored::failed;
        }
    }
    const auto give_up = [&](Stored why) {
        if (record.body_number != 0) batch.content().disown(record.body_number);
        return why;
    };
    if (!operation.permit->permits(operation.key.view(), object)) return give_up(Stored::invalidated);
    Place place = place_of(batch.content(), operation);
    if (superseded(place.variants, object)) return give_up(Stored::superseded);
    publish(batch, engine, std::move(place), record, operation.max_variants);
    return Stored::yes;
}

Stored refresh(Batch& batch, Engine& engine, const Operation& operation) {
    const Object& next = *operation.object;
    const Object& old_one = *operation.old_one;
    if (!batch.make_room(2 * head_pages)) {
        engine.figures.count(LayerError::full);
        return Stored::failed;
    }
    if (!operation.permit->permits(operation.key.view(), next)) return Stored::invalidated;
    const auto entry = batch.content().key(operation.key.hash);
    if (!entry) return Stored::superseded;
    Place place{*entry, true, batch.content().variants(*entry)};
    if (place.variants.empty() || place.variants.front().record.key_text != operation.key.text) {
        return Stored::superseded;
    }
    const Variant* replaced = nullptr;
    for (const Variant& variant : place.variants) {
        const Object& there = *variant.record.object;
        if (there.ticket == old_one.ticket && there.vary == old_one.vary) {
            replaced = &variant;
        } else if (there.vary == next.vary && next.ticket < there.ticket) {
            return Stored::superseded;
        }
    }
    if (!replaced) return Stored::superseded;
    Record record = record_of(operation, next);
    record.path_offset = replaced->record.path_offset;
    record.body_size = replaced->record.body_size;
    record.body_number = replaced->record.body_number;
    record.inline_body = replaced->record.inline_body;
    if (encode(record).size() - record.inline_body.size() > most_head_bytes) return Stored::too_large;
    const std::uint64_t number = replaced->number;
    publish(batch, engine, std::move(place), record, std::numeric_limits<std::size_t>::max(), number);
    return Stored::yes;
}

std::uint64_t largest_body(std::uint64_t max_bytes) {
    return config::largest_on_disk(max_bytes);
}

}  // namespace larder::storage::disk
