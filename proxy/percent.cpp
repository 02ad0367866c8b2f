#include "proxy/percent.h"

#include <algorithm>

#include "config/characters.h"
#include "policy/digits.h"

namespace larder::proxy {
std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (config::is_unreserved(c)) {
            out += c;
        } else {
            policy::append_percent(out, c);
        }
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
        const int high = text.size() - i > 2 ? policy::hex_value(text[i + 1]) : -1;
        const int low = text.size() - i > 2 ? policy::hex_value(text[i + 2]) : -1;
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
