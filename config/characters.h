// Characters of URIs, field names and messages. ASCII only, whatever the locale. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace larder::config {

inline constexpr std::size_t npos = std::string_view::npos;

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
constexpr bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_alphanumeric(char c) {
    return is_digit(c) || is_letter(c);
}
constexpr bool is_hex(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr bool is_control(char c) {
    return (c >= 0 && c < 0x20) || c == 0x7f;
}
// RFC 3986 section 2.3.
constexpr bool is_unreserved(char c) {
    return is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

// A field name or cookie name: RFC 9110 section 5.6.2.
bool is_token(std::string_view);
// 1*8ALPHA *( "-" 1*8alphanum ): what a language range but `*` is (RFC 4647 section 2.1), and every language tag.
bool is_language_tag(std::string_view);
// Whether the text begins with % and two hexadecimal digits.
bool is_encoded_octet(std::string_view);
// RFC 3986 section 6.2.2: unreserved octets decoded, hexadecimal digits of the others in upper case.
std::string normalise_octets(std::string_view);
std::string lower_case(std::string_view);

// Text as a message may show it: control and non-ASCII bytes as \xNN, cut after 80 bytes.
std::string printable(std::string_view);
std::string in_quotes(std::string_view);

// The edits (insert, delete, replace) from one to the other; for suggestions.
std::size_t edit_distance(std::string_view, std::string_view);

}  // namespace larder::config
