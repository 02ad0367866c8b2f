#include "proxy/h1/line_rules.h"

#include <cstring>

namespace larder::proxy::h1 {
namespace {

constexpr std::uint64_t every(std::uint64_t byte) {
    return byte * 0x0101010101010101u;
}

// Eight bytes at a time, whether one is a control character; HTAB sends the word to the table.
bool may_hold_control(std::uint64_t word) {
    const std::uint64_t below_space = (word - every(0x20)) & ~word;
    const std::uint64_t delete_is_zero = word ^ every(0x7f);
    const std::uint64_t is_delete = (delete_is_zero - every(0x01)) & ~delete_is_zero;
    return ((below_space | is_delete) & every(0x80)) != 0;
}

bool all_value_bytes(std::string_view value) {
    const char* at = value.data();
    std::size_t left = value.size();
    while (left > 0) {
        std::size_t step = 1;
        if (left >= sizeof(std::uint64_t)) {
            step = sizeof(std::uint64_t);
            std::uint64_t word;
            std::memcpy(&word, at, sizeof word);
            if (!may_hold_control(word)) {
                at += step, left -= step;
                continue;
            }
        }
        for (std::size_t i = 0; i < step; ++i) {
            if (!is(value_byte, at[i])) return false;
        }
        at += step, left -= step;
    }
    return true;
}

std::string_view without_blanks(std::string_view value) {
    while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
    while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
    return value;
}

}  // namespace

bool take_line(std::string_view& rest, std::string_view& line) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos || end == 0 || rest[end - 1] != '\r') return false;
    line = rest.substr(0, end - 1);
    rest.remove_prefix(end + 1);
    return true;
}

const char* read_field_line(std::string_view line, policy::Field& field) {
    std::size_t end = 0;
    while (end < line.size() && is(token_byte, line[end])) ++end;
    if (end == line.size()) return "field line without a colon";
    if (line[end] != ':') {
        if (end == 0 && is_blank(line[0])) return "folded field line";           // RFC 9112 section 5.2
        if (is_blank(line[end])) return "white space in or after a field name";  // RFC 9112 section 5.1
        return "byte not allowed in a field name";
    }
    if (end == 0) return "empty field name";
    const std::string_view value = without_blanks(line.substr(end + 1));
    if (!all_value_bytes(value)) return "control character in a field value";  // RFC 9110 section 5.5
    field = {line.substr(0, end), value};
    return nullptr;
}

}  // namespace larder::proxy::h1
