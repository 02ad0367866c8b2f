#include "storage/key.h"

#include <xxhash.h>

namespace larder::storage {

KeyHash hash_key(std::string_view text, std::uint64_t seed) {
    const XXH128_hash_t hash = XXH3_128bits_withSeed(text.data(), text.size(), seed);
    return {hash.high64, hash.low64};
}

}  // namespace larder::storage
