// An invalidation at work in one shard: it walks the index that the selection names, in slices, and lets go of the lock
// between two.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>

#include "storage/layer.h"
#include "storage/memory/shard.h"

namespace larder::storage {

class Erasing {
  public:
    // `dispose` gets what left after every slice, without the lock. All of them outlive this.
    Erasing(const Selection& selection, Erasure erasure, std::size_t list_at_most,
            const std::function<void(Change&&)>& dispose)
        : selection_(selection), erasure_(erasure), list_at_most_(list_at_most), dispose_(dispose) {}

    // Takes the shard's lock. For the index `key` it need be called for the keys' shards alone, each once.
    void run(Shard&);
    Erased result() const { return {count_, {keys_.begin(), keys_.end()}, key_count_}; }

  private:
    using Selects = std::function<bool(const Object&)>;
    using Lock = std::unique_lock<std::mutex>;

    void erase_tag(Shard&, Lock&, std::size_t which);
    template <class Walk>
    void walk_through(Shard&, Lock&, Walk&, std::size_t which_tag);
    void visit(Shard&, Entry&, std::size_t which_tag);
    bool first_of_its_tags(const Object&, std::size_t which_tag) const;

    const Selection& selection_;
    const Erasure erasure_;
    const std::size_t list_at_most_;
    const std::function<void(Change&&)>& dispose_;

    Change change_;
    std::uint64_t count_ = 0;
    std::uint64_t key_count_ = 0;
    std::set<std::string> keys_;
};

}  // namespace larder::storage
