#include "config/characters.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

namespace larder::config {
namespace {

constexpr char hex_digits[] = "0123456789ABCDEF";

int hex_value(char c) {
    return is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}

void append_hex(std::string& out, unsigned char octet) {
    out += hex_digits[octet >> 4];
    out += hex_digits[octet & 15];
}

}  // namespace

bool is_token(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return is_alphanumeric(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != npos;
    });
}

bool is_language_tag(std::string_view text) {
    std::size_t length = 0;  // of a subtag
    bool first = true;
    for (const char c : text) {
        if (is_letter(c) || (!first && is_digit(c))) {
            if (++length > 8) return false;
        } else {
            if (c != '-' || length == 0) return false;
            length = 0;
            first = false;
        }
    }
    return length > 0;
}

bool is_encoded_octet(std::string_view text) {
    return text.size() >= 3 && text[0] == '%' && is_hex(text[1]) && is_hex(text[2]);
}

std::string normalise_octets(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (!is_encoded_octet(text.substr(i))) {
            out += text[i];
            continue;
        }
        const int octet = hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]);
        i += 2;
        if (octet < 0x80 && is_unreserved(static_cast<char>(octet))) {
            out += static_cast<char>(octet);
        } else {
            out += '%';
            append_hex(out, static_cast<unsigned char>(octet));
        }
    }
    return out;
}

std::string lower_case(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    return out;
}

std::string printable(std::string_view text) {
    constexpr std::size_t limit = 80;
    std::string out;
    for (char c : text.substr(0, limit)) {
        if (c >= 0x20 && c < 0x7f) {
            out += c;
        } else {
            out += "\\x";
            append_hex(out, static_cast<unsigned char>(c));
        }
    }
    return out + (text.size() > limit ? "..." : "");
}

std::string in_quotes(std::string_view text) {
    return '"' + printable(text) + '"';
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
        }
    }
    return row[b.size()];
}

}  // namespace larder::config
