#include "storage/disk/content.h"

#include <algorithm>
#include <utility>

#include "storage/disk/bytes.h"
#include "storage/disk/indexes.h"

namespace larder::storage::disk {

namespace {

// So that a record's node stays in a leaf page, which holds two at least.
constexpr std::size_t most_record_bytes = 1900;
// A body of more parts is not erased in the transaction that drops its object.
constexpr std::uint64_t most_parts_at_once = 64;

constexpr std::string_view about_key = "about";
constexpr std::uint64_t about_seed = 0x61626f7574;

KeyBytes number_key(std::uint64_t number) {
    KeyBytes key;
    key.number(number);
    return key;
}
KeyBytes hash_bytes(const KeyHash& hash) {
    KeyBytes key;
    key.hash(hash);
    return key;
}
KeyBytes recency_key(UnixTime time, const KeyHash& hash) {
    KeyBytes key;
    key.time(time).hash(hash);
    return key;
}

std::string with_sum(std::string value, std::uint64_t seed) {
    put(value, checksum(value, seed));
    return value;
}
std::optional<Bytes> without_sum(Bytes value, std::uint64_t seed) {
    if (value.size() < 8) return std::nullopt;
    const Bytes content = value.substr(0, value.size() - 8);
    Taking taking(value.substr(content.size()));
    if (taking.value<std::uint64_t>() != checksum(content, seed)) return std::nullopt;
    return content;
}

}  // namespace

std::optional<About> Content::about() {
    const auto value = transaction_.get(tables().meta, about_key);
    if (!value) return std::nullopt;
    About about;
    Taking version(*value);
    about.version = version.value<std::uint32_t>();
    if (about.version != format_version) return about;  // the rest may look different
    const auto content = without_sum(*value, about_seed);
    if (!content) throw Failure(MDB_CORRUPTED);
    Taking taking(*content);
    about.version = taking.value<std::uint32_t>();
    about.seed_fingerprint = taking.value<std::uint64_t>();
    about.next_number = taking.value<std::uint64_t>();
    about.inflation = taking.value<double>();
    if (!taking.whole()) throw Failure(MDB_CORRUPTED);
    return about;
}

void Content::put_about(const About& about) {
    std::string value;
    put(value, about.version);
    put(value, about.seed_fingerprint);
    put(value, about.next_number);
    put(value, about.inflation);
    transaction_.put(tables().meta, about_key, with_sum(std::move(value), about_seed));
}

std::optional<KeyEntry> Content::key(const KeyHash& hash) {
    const auto value = transaction_.get(tables().keys, hash_bytes(hash));
    if (!value) return std::nullopt;
    const auto content = without_sum(*value, hash.low);
    if (!content) return std::nullopt;
    KeyEntry entry;
    Taking taking(*content);
    entry.created_at = taking.value<UnixTime>();
    entry.last_accessed = taking.value<UnixTime>();
    entry.indexed = taking.value<UnixTime>();
    entry.hits = taking.value<std::uint64_t>();
    entry.misses = taking.value<std::uint64_t>();
    entry.bytes = taking.value<std::uint64_t>();
    entry.inflation = taking.value<double>();
    while (taking.left() >= 8) entry.numbers.push_back(taking.value<std::uint64_t>());
    if (!taking.whole()) return std::nullopt;
    return entry;
}

void Content::put_key(const KeyHash& hash, const KeyEntry& entry) {
    std::string value;
    put(value, entry.created_at);
    put(value, entry.last_accessed);
    put(value, entry.indexed);
    put(value, entry.hits);
    put(value, entry.misses);
    put(value, entry.bytes);
    put(value, entry.inflation);
    for (const std::uint64_t number : entry.numbers) put(value, number);
    transaction_.put(tables().keys, hash_bytes(hash), with_sum(std::move(value), hash.low));
    cost_ += 2;
}

std::optional<Record> Content::load(std::uint64_t number) {
    const auto value = transaction_.get(tables().objects, number_key(number));
    if (!value) return std::nullopt;
    std::optional<Record> record;
    if (const auto sealed = unseal(*value, number); sealed && !sealed->head.empty()) {
        record = decode(sealed->head);
    } else if (sealed) {
        std::string head(sealed->head_size, '\0');
        if (parts_.read(number, head.size(), 0, head.data(), head.size())) record = decode(head);
        if (record) record->head_in_parts = true;
    }
    if (!record) note_damage(number);
    return record;
}

std::vector<Variant> Content::variants(const KeyEntry& entry) {
    std::vector<Variant> found;
    for (const std::uint64_t number : entry.numbers) {
        if (auto record = load(number)) found.push_back({number, std::move(*record)});
    }
    return found;
}

std::shared_ptr<const Body> Content::body(Account& account, std::uint64_t number, const Record& record) {
    auto body = std::make_shared<Body>();
    body->size = record.body_size;
    if (record.body_number == 0) {
        if (record.body_size > 0) {
            Body::Piece piece(account, record.body_size);
            std::memcpy(piece.data.get(), record.inline_body.data(), record.body_size);
            body->pieces.push_back(std::move(piece));
        }
    } else if (!read_pieces(parts_, account, record.body_number, record.body_size, 0, record.body_size, body->pieces)) {
        damaged_.push_back(number);
        return nullptr;
    }
    return body;
}

void Content::put_object(std::uint64_t number, Record& record) {
    const std::string head = encode(record);
    record.head_in_parts = head.size() > most_record_bytes;
    if (record.head_in_parts) {
        parts_.write(number, head);
        cost_ += 2 * parts_.count(head.size());
        transaction_.append(tables().objects, number_key(number), seal_apart(head.size(), number));
    } else {
        transaction_.append(tables().objects, number_key(number), seal(head, number));
    }
    cost_ += 1;
    for (const IndexEntry& entry : index_entries(tables(), record, number)) {
        transaction_.append(entry.table, entry.key, Bytes());
        cost_ += 1;
    }
}

void Content::invalidate(std::uint64_t number, Record& record) {
    const IndexEntry before = fresh_entry(tables(), *record.object, number);
    record.object->lifetime.invalidated = true;
    dropped_ = true;
    transaction_.erase(before.table, before.key);
    transaction_.put(before.table, fresh_entry(tables(), *record.object, number).key, Bytes());
    const std::string head = encode(record);
    if (record.head_in_parts) {
        parts_.write(number, head);
        cost_ += 2 * parts_.count(head.size());
    } else {
        transaction_.put(tables().objects, number_key(number), seal(head, number));
    }
    cost_ += 4;
}

void Content::drop_object(std::uint64_t number, const Record& record, bool with_body) {
    dropped_ = true;
    transaction_.erase(tables().objects, number_key(number));
    if (record.head_in_parts) cost_ += 2 * parts_.erase(number, most_head_bytes);
    for (const IndexEntry& entry : index_entries(tables(), record, number)) {
        transaction_.erase(entry.table, entry.key);
        cost_ += 2;
    }
    if (with_body && record.body_number != 0) {
        if (parts_.count(record.body_size) <= most_parts_at_once && !pinned(record.body_number)) {
            cost_ += 2 * parts_.erase(record.body_number, most_parts_at_once);
        } else {
            disown(record.body_number);
        }
    }
    cost_ += 2;
}

bool Content::remove(std::uint64_t number) {
    const auto record = load(number);
    if (!record) return false;
    drop_object(number, *record);
    if (auto entry = key(record->hash)) {
        if (std::erase(entry->numbers, number) == 0) return true;
        if (entry->numbers.empty()) {
            drop_key(record->key(), *entry);
        } else {
            entry->bytes -= std::min(entry->bytes, record->body_size);
            put_key(record->hash, *entry);
        }
    }
    return true;
}

std::uint64_t Content::remove_key(const KeyHash& hash, const KeyEntry& entry) {
    const std::vector<Variant> found = variants(entry);
    for (const Variant& variant : found) drop_object(variant.number, variant.record);
    if (found.empty()) {  // its text is not known: `paths` points to nothing, which walks see
        transaction_.erase(tables().keys, hash_bytes(hash));
        transaction_.erase(tables().recency, recency_key(entry.indexed, hash));
    } else {
        drop_key(found.front().record.key(), entry);
    }
    return found.size();
}

void Content::drop_key(const KeyView& key, const KeyEntry& entry) {
    transaction_.erase(tables().keys, hash_bytes(key.hash));
    transaction_.erase(tables().recency, recency_key(entry.indexed, key.hash));
    transaction_.erase(tables().paths, path_key(key));
    cost_ += 5;
}

void Content::place(const KeyHash& hash, KeyEntry& entry, UnixTime time) {
    transaction_.erase(tables().recency, recency_key(entry.indexed, hash));
    entry.indexed = time;
    index_recency(hash, time);
    cost_ += 1;
}

void Content::index_recency(const KeyHash& hash, UnixTime time) {
    transaction_.append(tables().recency, recency_key(time, hash), Bytes());
    cost_ += 1;
}

bool Content::sweep_unowned(std::uint64_t at_most) {
    constexpr std::size_t most_looks = 1000;
    std::vector<std::uint64_t> numbers;
    {
        Cursor cursor(transaction_, tables().unowned);
        std::size_t looks = 0;
        for (bool there = cursor.first(); there && looks < most_looks && numbers.size() < at_most; ++looks) {
            if (cursor.key().size() != 8) throw Failure(MDB_CORRUPTED);
            const std::uint64_t number = number_at(cursor.key(), 0);
            if (!pinned(number)) numbers.push_back(number);
            there = cursor.next();
        }
    }
    std::uint64_t erased = 0;
    for (const std::uint64_t number : numbers) {
        if (erased >= at_most) return true;
        const std::uint64_t parts = parts_.erase(number, at_most - erased);
        cost_ += 2 * parts;
        erased += parts + 1;
        if (erased > at_most) return true;
        own(number);
    }
    return false;
}

void Content::disown(std::uint64_t body_number) {
    transaction_.put(tables().unowned, number_key(body_number), Bytes());
    cost_ += 1;
}

void Content::own(std::uint64_t body_number) {
    transaction_.erase(tables().unowned, number_key(body_number));
    cost_ += 1;
}

void Content::note_damage(std::uint64_t number) {
    damaged_.push_back(number);
    dropped_ = true;
    if (mode_ == Transaction::Mode::write) transaction_.erase(tables().objects, number_key(number));
}

}  // namespace larder::storage::disk
