// An invalidation at work: it walks the index that the selection names, in slices, so that no transaction becomes huge;
// between two slices the transaction may be another one. A key's variants are treated together, when the first of those
// that are selected is met.
//
// One thread at a time. Throws Failure.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "storage/disk/content.h"
#include "storage/layer.h"

namespace larder::storage::disk {

class Erasing {
  public:
    Erasing(const Selection& selection, Erasure erasure, std::size_t list_at_most)
        : selection_(selection), erasure_(erasure), list_at_most_(list_at_most) {}

    // Looks at about so many objects. True: that was all.
    bool slice(Content&, std::size_t at_most = 500);
    std::uint64_t count() const { return count_; }
    Erased result() const { return {count_, {keys_.begin(), keys_.end()}, key_count_}; }

  private:
    // Where the walk stands: keys or objects behind `after`, for tags in the list of `which`.
    std::vector<KeyHash> next_keys(Content&, std::size_t at_most);
    std::vector<std::uint64_t> next_objects(Content&, std::size_t at_most);
    void visit_key(Content&, const KeyHash&);
    void visit_object(Content&, std::uint64_t number);
    void apply(Content&, std::vector<Variant>& variants);
    std::size_t first_tag(const Object&) const;

    const Selection& selection_;
    const Erasure erasure_;
    const std::size_t list_at_most_;

    std::string after_;
    std::size_t which_tag_ = 0;
    bool exhausted_ = false;

    std::uint64_t count_ = 0;
    std::uint64_t key_count_ = 0;
    std::set<std::string> keys_;
};

}  // namespace larder::storage::disk
