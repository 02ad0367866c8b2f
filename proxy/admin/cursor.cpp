#include "proxy/admin/cursor.h"

#include <algorithm>
#include <cstdint>

#include "policy/key.h"

namespace larder::proxy::admin {
namespace {

// RFC 4648 section 5, without padding.
constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr char version = '1';

}  // namespace

std::string cursor_of(const storage::KeyPosition& position) {
    std::string out;
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : version + position.text) {
        bits = bits << 8 | static_cast<unsigned char>(c);
        for (held += 8; held >= 6; held -= 6) out += alphabet[bits >> (held - 6) & 63];
    }
    if (held > 0) out += alphabet[bits << (6 - held) & 63];
    return out;
}

std::optional<storage::KeyPosition> position_of(std::string_view cursor) {
    std::string text;
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : cursor) {
        const std::size_t value = alphabet.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        held += 6;
        if (held < 8) continue;
        held -= 8;
        text += static_cast<char>(bits >> held & 255);
    }
    if (text.empty() || text[0] != version) return std::nullopt;
    text.erase(0, 1);
    const bool printable = std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x20; });
    if (!printable) return std::nullopt;  // no key has such
    const std::size_t path = policy::path_offset(text);
    if (path == std::string::npos) return std::nullopt;
    storage::KeyPosition position{std::move(text), static_cast<std::uint32_t>(path)};
    if (cursor_of(position) != cursor) return std::nullopt;  // one position has one word
    return position;
}

}  // namespace larder::proxy::admin
