#include "proxy/percent.h"

#include <algorithm>

namespace larder::proxy {
namespace {

bool unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

std::string percent_encoded(std::string_view text) {
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        if (unreserved(c)) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const int high = text.size() - i > 2 ? hex_value(text[i + 1]) : -1;
        const int low = text.size() - i > 2 ? hex_value(text[i + 2]) : -1;
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

std::optional<Parameters> query_parameters(std::string_view query) {
    Parameters parameters;
    while (!query.empty()) {
        std::string part(query.substr(0, query.find('&')));
        query.remove_prefix(std::min(query.size(), part.size() + 1));
        if (part.empty()) continue;
        std::replace(part.begin(), part.end(), '+', ' ');
        const std::size_t equals = std::min(part.find('='), part.size());
        auto name = percent_decoded(std::string_view(part).substr(0, equals));
        auto value = percent_decoded(std::string_view(part).substr(std::min(equals + 1, part.size())));
        if (!name || !value) return std::nullopt;
        parameters.emplace_back(std::move(*name), std::move(*value));
    }
    return parameters;
}

}  // namespace larder::proxy
