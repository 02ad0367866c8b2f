#include "policy/trace_context.h"

#include <algorithm>

#include "policy/digits.h"

namespace larder::policy {
namespace {

bool is_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

// Hexadecimal digits, not all of them 0.
bool is_id(std::string_view text) {
    return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

void append_number(std::string& out, std::uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8)
        append_hex(out, static_cast<unsigned char>(value >> shift), HexCase::lower);
}

}  // namespace

bool has_trace_parent(const Fields& request) {
    if (request.count("traceparent") != 1) return false;
    const std::string_view text = request.value("traceparent");
    if (text.size() < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
    const std::string_view version = text.substr(0, 2);
    const bool end = text.size() == 55 || (version != "00" && text[55] == '-');
    return end && is_hex(version) && version != "ff" && is_id(text.substr(3, 32)) && is_id(text.substr(36, 16)) &&
           is_hex(text.substr(53, 2));
}

std::string make_trace_parent(std::uint64_t trace_high, std::uint64_t trace_low, std::uint64_t parent) {
    std::string text = "00-";
    append_number(text, trace_high);
    append_number(text, trace_high == 0 && trace_low == 0 ? 1 : trace_low);
    text += '-';
    append_number(text, std::max<std::uint64_t>(parent, 1));
    text += "-00";
    return text;
}

}  // namespace larder::policy
