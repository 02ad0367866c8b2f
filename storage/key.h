// Under which name a response is stored.
//
// The text is the normalised URL, `http://api.example.com/api/workouts/42?page=2`, with ` Name=value` behind it for
// each request field or cookie that the strategy puts into the key (values percent-encoded, so that no two tuples share
// a text). The hash is 128 bits, keyed with a secret of this process or data directory; a layer compares the text too.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace larder::storage {

struct KeyHash {
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    bool operator==(const KeyHash&) const = default;
};

struct KeyView {
    std::string_view text;
    KeyHash hash;
    std::uint32_t path_offset = 0;  // where the path begins in text: behind scheme and authority
};

// A key that owns its text, for whoever has it longer than its caller.
struct OwnedKey {
    OwnedKey() = default;
    explicit OwnedKey(const KeyView& key) : text(key.text), hash(key.hash), path_offset(key.path_offset) {}

    std::string text;
    KeyHash hash;
    std::uint32_t path_offset = 0;

    KeyView view() const { return {text, hash, path_offset}; }
};

// XXH3 with 128 bits of result and a secret seed.
KeyHash hash_key(std::string_view text, std::uint64_t seed);

}  // namespace larder::storage

template <>
struct std::hash<larder::storage::KeyHash> {
    std::size_t operator()(const larder::storage::KeyHash& hash) const noexcept { return hash.low; }
};
