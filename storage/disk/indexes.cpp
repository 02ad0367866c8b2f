#include "storage/disk/indexes.h"

#include <algorithm>
#include <limits>

#include "storage/disk/bytes.h"

namespace larder::storage::disk {

namespace {

// Not secret: whoever can choose tags gains nothing by two that meet here, since the object's own are compared.
constexpr std::uint64_t tag_seed = 0x7461677300000001;

std::string with_number(std::string prefix, std::uint64_t number) {
    return KeyBytes().text(prefix).number(number).take();
}

std::string at(UnixTime time, std::uint64_t number) {
    return KeyBytes().time(time).number(number).take();
}

}  // namespace

std::string tag_prefix(std::string_view tag) {
    return KeyBytes().hash(hash_key(tag, tag_seed)).take();
}

std::string strategy_prefix(std::string_view name) {
    return KeyBytes().number(checksum(name, 1)).take();
}

std::string resource_prefix(std::string_view type, std::string_view id) {
    std::string both(type);
    both += '\0';
    both += id;
    return KeyBytes().number(checksum(both, 2)).take();
}

IndexEntry fresh_entry(const Tables& tables, const Object& object, std::uint64_t number) {
    const UnixTime until =
        object.lifetime.invalidated ? std::numeric_limits<UnixTime>::lowest() : object.lifetime.fresh_until();
    return {tables.fresh, at(until, number)};
}

std::vector<IndexEntry> index_entries(const Tables& tables, const Record& record, std::uint64_t number) {
    const Object& object = *record.object;
    std::vector<IndexEntry> entries;
    entries.push_back(fresh_entry(tables, object, number));
    entries.push_back({tables.leaves, at(object.useful_until(), number)});
    if (!object.strategy_name.empty()) {
        entries.push_back({tables.strategies, with_number(strategy_prefix(object.strategy_name), number)});
    }
    if (!object.resource_type.empty() || !object.resource_id.empty()) {
        entries.push_back(
            {tables.resources, with_number(resource_prefix(object.resource_type, object.resource_id), number)});
    }
    std::vector<std::string_view> tags(object.tags.begin(), object.tags.end());
    std::sort(tags.begin(), tags.end());
    tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
    for (const std::string_view tag : tags) entries.push_back({tables.tags, with_number(tag_prefix(tag), number)});
    return entries;
}

std::string path_key(const KeyView& key) {
    constexpr std::size_t most_authority_bytes = 150;
    const std::size_t offset = std::min<std::size_t>(key.path_offset, key.text.size());
    const std::string_view path = key.text.substr(offset), authority = key.text.substr(0, offset);
    KeyBytes bytes;
    bytes.text(path.substr(0, most_path_bytes)).text(std::string_view("\0", 1));
    bytes.text(authority.substr(0, most_authority_bytes)).text(path.substr(0, 1)).hash(key.hash);
    return bytes.take();
}

}  // namespace larder::storage::disk
