// Numbers into text that is being put together, without a stream or a temporary string.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>

namespace larder::proxy {

inline void append_number(std::string& out, std::uint64_t number) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out.append(digits, end);
}

}  // namespace larder::proxy
