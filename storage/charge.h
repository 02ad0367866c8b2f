// What an allocation costs. An estimate for glibc's malloc on 64 bits: 8 bytes of header, blocks of 16 bytes, at least
// 32; from 128 KiB on whole pages of their own. Fragmentation is not in it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace larder::storage {

constexpr std::size_t block_charge(std::size_t bytes) {
    constexpr std::size_t header = 8, unit = 16, least = 32, page = 4096, mapped_from = 128 * 1024;
    if (bytes == 0) return 0;
    if (bytes >= mapped_from) return (bytes + 2 * header + page - 1) / page * page;
    const std::size_t block = (bytes + header + unit - 1) / unit * unit;
    return block < least ? least : block;
}

// What std::make_shared adds to an object: two counts and a table pointer.
inline constexpr std::size_t shared_overhead = 16;

// The block behind a string; none as long as the string fits into itself.
inline std::size_t string_charge(const std::string& text) {
    static const std::size_t inside = std::string().capacity();
    return text.capacity() <= inside ? 0 : block_charge(text.capacity() + 1);
}

// The block behind a vector, without what its elements own.
template <class T>
std::size_t vector_charge(const std::vector<T>& elements) {
    return block_charge(elements.capacity() * sizeof(T));
}

}  // namespace larder::storage
