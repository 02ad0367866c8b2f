// How the memory of a body that comes in is cut: into blocks of a quarter of a mebibyte, which fill whole pages with
// all that belongs to them, so that what is given back is given back to the system.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "storage/object.h"

namespace larder::proxy {

inline constexpr std::size_t block_bytes = 256 * 1024 - 256;
inline constexpr std::size_t first_block_bytes = 16 * 1024;  // where the length is not known

// What a body of so many bytes is charged with.
std::uint64_t charge_of_body(std::uint64_t bytes);

storage::Piece copied(storage::Piece into, std::string_view data);

// The same bytes, put together where they lie in many small pieces, or hold more memory than they fill; else the body
// itself.
std::shared_ptr<const storage::Body> packed(storage::Account&, const std::shared_ptr<const storage::Body>&);

}  // namespace larder::proxy
