// Which bytes may stand where in a head or a trailer section (RFC 9110 section 5, RFC 9112 sections 2-5), and the
// reader of one field line. Pure; any thread; views point into what was passed in.
//
// Stricter than the RFC asks of a recipient, because what is read leniently here may be read otherwise behind us: a
// line ends with CRLF and nothing else (2.2 lets a recipient take a bare LF), and folded lines are refused (5.2).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "policy/fields.h"

namespace larder::proxy::h1 {

inline constexpr std::uint8_t token_byte = 1;   // tchar, RFC 9110 section 5.6.2
inline constexpr std::uint8_t value_byte = 2;   // field-vchar, SP, HTAB: RFC 9110 section 5.5
inline constexpr std::uint8_t target_byte = 4;  // what may stand in a request line between the two spaces
inline constexpr std::uint8_t quoted_byte = 8;  // qdtext: RFC 9110 section 5.6.4

inline constexpr std::array<std::uint8_t, 256> byte_classes = [] {
    std::array<std::uint8_t, 256> classes{};
    for (unsigned c = 0; c < 256; ++c) {
        const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        const bool visible = c > 0x20 && c != 0x7f;
        std::uint8_t bits = 0;
        if (alphanumeric) bits |= token_byte;
        if (visible || c == ' ' || c == '\t') bits |= value_byte;
        if (visible) bits |= target_byte;
        if ((bits & value_byte) && c != '"' && c != '\\') bits |= quoted_byte;
        classes[c] = bits;
    }
    for (const char c : std::string_view("!#$%&'*+-.^_`|~")) classes[static_cast<unsigned char>(c)] |= token_byte;
    return classes;
}();

constexpr bool is(std::uint8_t byte_class, char c) {
    return (byte_classes[static_cast<unsigned char>(c)] & byte_class) != 0;
}

constexpr bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

// Takes the next line off `rest`; `line` is without its CRLF. False: no line that ends with CRLF comes next. A CR
// inside the line is left to the rules for its parts, none of which allows it.
bool take_line(std::string_view& rest, std::string_view& line);

// Reads one field line, without its CRLF. Returns nullptr, or in words what is wrong with it; `field` is then
// unchanged.
const char* read_field_line(std::string_view line, policy::Field& field);

}  // namespace larder::proxy::h1
