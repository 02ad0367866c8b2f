// Walks over a shard's index that let go of the lock in between. What the index held when the walk began and still
// holds is met exactly once; what is added meanwhile may be missed. Every call is made with the shard's mutex held.
#pragma once

#include <optional>
#include <string>

#include "storage/memory/entry.h"
#include "storage/memory/shard.h"

namespace larder::storage {

// Moves the marker `here` behind the next link that has an entry, and returns the entry; null at `end` (null: the
// list's end). The caller may remove the entry.
inline Entry* step(Links& links, Link& here, const Link* end) {
    auto next = std::next(links.iterator_to(here));
    while (next != links.end() && &*next != end && !next->entry) ++next;
    if (next == links.end() || &*next == end) return nullptr;
    links.splice(std::next(next), links, links.iterator_to(here));
    return next->entry;
}

// A list, from its head to what is its tail now.
class ListWalk {
  public:
    explicit ListWalk(Links& links) : links_(links) {
        links_.push_front(here_);
        links_.push_back(end_);
    }
    Entry* next() { return step(links_, here_, &end_); }
    // To be called before destruction.
    void finish() {
        links_.erase(links_.iterator_to(here_));
        links_.erase(links_.iterator_to(end_));
    }

  private:
    Links& links_;
    Link here_;
    Link end_;
};

// The keys that go on with `prefix` from their path on. It remembers a text, not a place.
class PathWalk {
  public:
    PathWalk(Paths& paths, std::string_view prefix) : paths_(paths), prefix_(prefix) {}
    Entry* next() {
        const auto found =
            started_ ? paths_.upper_bound(path_key(text_, path_offset_)) : paths_.lower_bound(PathKey{prefix_, {}});
        if (found == paths_.end() || !PathOf()(*found).path.starts_with(prefix_)) return nullptr;
        started_ = true;
        text_ = found->text;
        path_offset_ = found->path_offset;
        return &*found;
    }
    void finish() {}

  private:
    Paths& paths_;
    const std::string_view prefix_;
    bool started_ = false;
    std::string text_;
    std::size_t path_offset_ = 0;
};

}  // namespace larder::storage
