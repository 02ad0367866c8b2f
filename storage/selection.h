// What an invalidation selects among stored objects, in terms that a layer can look up. policy/invalidation.h makes
// them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "storage/key.h"
#include "storage/object.h"

namespace larder::storage {

class Selection {
  public:
    // The narrowest index that holds everything selected. A layer walks that index and asks selects() of what it finds.
    enum class Index {
        key,          // the entries of `keys`
        tags,         // entries with one of `tags`
        path_prefix,  // keys whose text from the path onwards begins with `path_prefix`
        everything,
    };

    virtual ~Selection() = default;

    Index index = Index::everything;
    std::vector<KeyHash> keys;
    std::vector<std::string> tags;
    std::string path_prefix;

    // Pure; any thread; called under a layer's lock, so it must be quick.
    virtual bool selects(const KeyView& key, const Object& object) const = 0;
    // Bytes that it occupies, about: what waits is bounded by them.
    virtual std::size_t charge() const {
        std::size_t sum = sizeof *this + path_prefix.size() + keys.size() * sizeof(KeyHash);
        for (const std::string& tag : tags) sum += sizeof tag + tag.size();
        return sum;
    }

  protected:
    Selection() = default;
    Selection(const Selection&) = default;
    Selection& operator=(const Selection&) = default;
};

}  // namespace larder::storage
