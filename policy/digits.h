// Numbers in fields and URIs: hexadecimal and decimal digits. Pure; any thread.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace larder::policy {

// Of one digit, in either case; -1: it is none.
constexpr int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

enum class HexCase { lower, upper };

// Two digits.
inline void append_hex(std::string& out, unsigned char byte, HexCase letters) {
    const char* const digits = letters == HexCase::upper ? "0123456789ABCDEF" : "0123456789abcdef";
    out += digits[byte >> 4];
    out += digits[byte & 15];
}

// RFC 3986 section 2.1, in upper case as section 6.2.2.1 wants it.
inline void append_percent(std::string& out, char c) {
    out += '%';
    append_hex(out, static_cast<unsigned char>(c), HexCase::upper);
}

// 1*DIGIT that fits; nullopt: anything else.
inline std::optional<std::uint64_t> parse_decimal(std::string_view text) {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [parsed, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && parsed == end ? std::optional(value) : std::nullopt;
}

}  // namespace larder::policy
