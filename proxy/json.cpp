#include "proxy/json.h"

#include <cstdint>

namespace larder::proxy {
namespace {

void append_escape(std::string& out, unsigned code) {
    static constexpr char digits[] = "0123456789abcdef";
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += digits[(code >> shift) & 15];
}

// The length of the UTF-8 sequence at the front of `text`, 0 if it is not well-formed (RFC 3629 section 4).
std::size_t sequence(std::string_view text, std::uint32_t& code) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = at(0);
    const std::size_t length = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || text.size() < length) return 0;
    code = length == 1 ? first : first & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((at(i) & 0xc0) != 0x80) return 0;
        code = code << 6 | (at(i) & 0x3f);
    }
    static constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return 0;
    return length;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text, std::size_t most) {
    text = text.substr(0, most);
    out += '"';
    while (!text.empty()) {
        std::uint32_t code = 0;
        const std::size_t length = sequence(text, code);
        if (length == 0) {
            append_escape(out, static_cast<unsigned char>(text[0]));
            text.remove_prefix(1);
            continue;
        }
        if (code == '"' || code == '\\') {
            out += '\\';
            out += static_cast<char>(code);
        } else if (code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029) {
            append_escape(out, code);
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(length);
    }
    out += '"';
}

void JsonObject::begin(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    append_json_string(out_, name);
    out_ += ':';
}

JsonObject& JsonObject::json(std::string_view name, std::string_view value) {
    begin(name);
    out_ += value;
    return *this;
}

JsonObject& JsonObject::text(std::string_view name, std::string_view value) {
    begin(name);
    append_json_string(out_, value, std::string::npos);
    return *this;
}

JsonObject& JsonObject::number(std::string_view name, std::uint64_t value) {
    return json(name, std::to_string(value));
}

}  // namespace larder::proxy
