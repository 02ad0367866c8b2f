#include "storage/disk/registering.h"

#include <algorithm>
#include <utility>

#include "storage/disk/bytes.h"
#include "storage/disk/content.h"
#include "storage/disk/indexes.h"

namespace larder::storage::disk {

namespace {

constexpr std::size_t most_looks = 5000;  // keys a page
// Keys whose paths are alike that far are put in order here; of more than that the order is the table's.
constexpr std::size_t most_alike = 5000;

std::optional<KeyRow> row_of(Engine& engine, Content& content, const KeyHash& hash, const KeyFilter& filter,
                             const std::vector<OperationPtr>& denied, KeyPosition& position) {
    const auto entry = content.key(hash);
    if (!entry) return std::nullopt;
    const std::vector<Variant> variants = content.variants(*entry);
    if (variants.empty()) return std::nullopt;
    const KeyView key = variants.front().record.key();
    position = {std::string(key.text), key.path_offset};
    KeyRow row;
    row.text = position.text;
    row.path_offset = position.path_offset;
    bool taken = false;
    for (const Variant& variant : variants) {
        const Object& object = *variant.record.object;
        const bool erased = std::any_of(denied.begin(), denied.end(), [&](const OperationPtr& operation) {
            return operation->selection->selects(key, object);
        });
        if (erased) continue;
        if (!row.newest) row.newest = variant.record.object;
        ++row.variants;
        row.data_size += variant.record.body_size;
        // The record, its place in the indexes, and whole parts.
        constexpr std::uint64_t bookkeeping = 512;
        const std::uint64_t parts =
            variant.record.body_number == 0 ? 0 : content.parts().count(variant.record.body_size);
        row.stored_size += bookkeeping + key.text.size() + object.fields.size() + variant.record.inline_body.size() +
                           parts * engine.environment.page_bytes();
        row.lasts(object.lifetime.fresh_until(), !object.lifetime.invalidated);
        taken = taken || filter.takes(key.text, object);
    }
    if (!row.newest || !taken) return std::nullopt;
    const Used used = engine.uses.of(hash);
    row.use = {entry->hits + used.hits, entry->misses + used.misses, entry->created_at,
               std::max(entry->last_accessed, used.last_accessed)};
    return row;
}

std::string_view alike(std::string_view path_key) {
    return path_key.substr(0, path_key.find('\0'));
}

}  // namespace

KeyPage list(Engine& engine, const KeyFilter& filter, const std::optional<KeyPosition>& after, std::size_t limit,
             bool& failed) {
    KeyPage page;
    failed = false;
    const auto mode = engine.pending.mode();
    if (mode == Pending::Mode::waiting || mode == Pending::Mode::finished) return page;
    const std::vector<OperationPtr> denied = engine.pending.denied();
    if (engine.pending.sealed()) {
        failed = true;
        return page;
    }
    const std::uint64_t generation = engine.generation;
    try {
        const auto entered = engine.environment.enter();
        if (!engine.environment.is_open()) {
            failed = true;
            return page;
        }
        Content content(engine.environment, Transaction::Mode::read);
        Cursor cursor(content.transaction(), content.tables().paths);
        const std::string_view prefix = filter.path_prefix().substr(0, most_path_bytes);
        const std::string_view behind = after ? after->path().substr(0, most_path_bytes) : std::string_view();
        const std::string_view from = std::max(prefix, behind);
        bool there = from.empty() ? cursor.first() : cursor.seek(from);
        for (std::size_t looks = 0; there && cursor.key().starts_with(prefix);) {
            // Keys whose paths are the same that far: one mostly, or one a host.
            const std::string group(alike(cursor.key()));
            std::vector<KeyHash> hashes;
            while (there && alike(cursor.key()) == group && hashes.size() < most_alike) {
                hashes.push_back(hash_at(cursor.key(), cursor.key().size() - 16));
                there = cursor.next();
            }
            std::vector<std::pair<KeyPosition, std::optional<KeyRow>>> rows;
            for (const KeyHash& hash : hashes) {
                KeyPosition position;
                auto row = row_of(engine, content, hash, filter, denied, position);
                if (!position.text.empty()) rows.emplace_back(std::move(position), std::move(row));
            }
            looks += hashes.size();
            std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
            for (auto& [position, row] : rows) {
                if (after && !(*after < position)) continue;
                if (page.rows.size() >= limit || (looks > most_looks && page.behind)) return page;
                page.behind = position;
                if (row) page.rows.push_back(std::move(*row));
            }
        }
        page.behind.reset();
        engine.note_damage(content.damaged(), generation);
        engine.note_read();
    } catch (const Failure& failure) {
        engine.note_read_failure(failure, generation);
        failed = true;
    }
    return page;
}

}  // namespace larder::storage::disk
