#include "storage/memory/erasing.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "storage/memory/walk.h"

namespace larder::storage {

namespace {

constexpr std::size_t slice = 1000;  // objects

bool carries(const Object& object, const std::string& tag) {
    return std::find(object.tags.begin(), object.tags.end(), tag) != object.tags.end();
}

}  // namespace

void Erasing::run(Shard& shard) {
    Lock lock(shard.mutex);
    switch (selection_.index) {
        case Selection::Index::key:
            for (const KeyHash& hash : selection_.keys) {
                if (Entry* entry = shard.find(hash)) visit(shard, *entry, 0);
            }
            break;
        case Selection::Index::tags:
            for (std::size_t i = 0; i < selection_.tags.size(); ++i) erase_tag(shard, lock, i);
            break;
        case Selection::Index::path_prefix: {
            PathWalk walk(shard.paths(), selection_.path_prefix);
            walk_through(shard, lock, walk, 0);
            break;
        }
        case Selection::Index::everything: {
            ListWalk walk(shard.order());
            walk_through(shard, lock, walk, 0);
            walk.finish();
            break;
        }
    }
    lock.unlock();
    dispose_(std::exchange(change_, {}));
}

void Erasing::erase_tag(Shard& shard, Lock& lock, std::size_t which) {
    Tag* tag = shard.find_tag(selection_.tags[which]);
    if (!tag) return;
    ListWalk walk(tag->links);  // its markers keep the tag
    walk_through(shard, lock, walk, which);
    walk.finish();
    shard.release(*tag, change_);
}

template <class Walk>
void Erasing::walk_through(Shard& shard, Lock& lock, Walk& walk, std::size_t which_tag) {
    std::size_t seen = 0;
    while (Entry* entry = walk.next()) {
        seen += entry->variants->variants.size();
        visit(shard, *entry, which_tag);
        if (seen < slice) continue;
        seen = 0;
        lock.unlock();
        dispose_(std::exchange(change_, {}));
        std::this_thread::yield();
        lock.lock();
    }
}

void Erasing::visit(Shard& shard, Entry& entry, std::size_t which_tag) {
    const KeyView key = entry.key();
    const std::uint64_t count = shard.erase(
        entry, erasure_,
        [&](const Object& object) { return first_of_its_tags(object, which_tag) && selection_.selects(key, object); },
        change_);
    // An entry that left is still alive in change_.
    if (count > 0 && keys_.size() < list_at_most_) keys_.emplace(key.text);
    count_ += count;
    key_count_ += count > 0;
}

// An object with several of the tags is met under each of them, and counts under the first.
bool Erasing::first_of_its_tags(const Object& object, std::size_t which_tag) const {
    if (selection_.index != Selection::Index::tags) return true;
    const auto begin = selection_.tags.begin(), here = begin + static_cast<std::ptrdiff_t>(which_tag);
    return carries(object, *here) && std::none_of(begin, here, [&](const auto& tag) { return carries(object, tag); });
}

}  // namespace larder::storage
