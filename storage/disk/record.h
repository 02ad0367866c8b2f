// An object's head as bytes. FORMAT.md has the layout.
//
// Decoding trusts no byte: what is not exactly what encode() made is refused, whatever it is.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "storage/key.h"
#include "storage/object.h"

namespace larder::storage::disk {

inline constexpr std::uint8_t format_version = 2;

// Fields, tags, key and the rest: what is above it is not stored.
inline constexpr std::size_t most_head_bytes = 512 * 1024;

struct Record {
    std::string key_text;
    std::uint32_t path_offset = 0;
    KeyHash hash;
    std::shared_ptr<Object> object;  // without a body
    std::uint64_t body_size = 0;
    std::uint64_t body_number = 0;  // of the body's parts; 0: it is `inline_body`
    std::string inline_body;
    bool head_in_parts = false;  // the head lies apart, in parts of the object's own number

    KeyView key() const { return {key_text, hash, path_offset}; }
};

// The head alone, with the inline body if there is one. It has no checksum: seal() adds it.
std::string encode(const Record&);
std::optional<Record> decode(std::string_view head);

// The value in `objects`: the head itself ...
std::string seal(std::string_view head, std::uint64_t number);
// ... or how long the head is that lies in parts.
std::string seal_apart(std::size_t head_size, std::uint64_t number);

struct Sealed {
    std::string_view head;      // empty: it lies in parts,
    std::size_t head_size = 0;  // this long
};
// nullopt: damaged, or another object's.
std::optional<Sealed> unseal(std::string_view value, std::uint64_t number);

// XXH3 of 64 bits; also of parts and key entries.
std::uint64_t checksum(std::string_view bytes, std::uint64_t seed);

}  // namespace larder::storage::disk
