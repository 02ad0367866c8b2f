#include "policy/no_vary_search.h"

#include <algorithm>
#include <utility>

#include "config/characters.h"
#include "policy/digits.h"
#include "policy/structured.h"

namespace larder::policy {
namespace {

constexpr std::size_t most_names = 64;
constexpr std::size_t most_name_bytes = 2048;

using Kind = DictionaryMember::Kind;

// As of application/x-www-form-urlencoded (the URL standard): + is a space, a % without two digits is itself.
std::string decoded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape =
            text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0;
        if (escape) {
            out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
            i += 2;
        } else {
            out += text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

void append_encoded(std::string& out, std::string_view text) {
    for (const char c : text) {
        if (config::is_unreserved(c)) {
            out += c;
        } else {
            append_percent(out, c);
        }
    }
}

bool take_names(const DictionaryMember& member, SearchVariance& into) {
    if (member.kind != Kind::texts || member.texts.size() > most_names) return false;
    std::size_t bytes = 0;
    for (const std::string& text : member.texts) {
        into.names.push_back(decoded(text));
        bytes += text.size();
    }
    return bytes <= most_name_bytes;
}

}  // namespace

bool SearchVariance::ignores(std::string_view name) const {
    const bool named = std::find(names.begin(), names.end(), name) != names.end();
    return named != only;
}

std::optional<SearchVariance> search_variance(const Fields& response) {
    const auto value = response.combined("No-Vary-Search");
    const auto members = value ? parse_dictionary(*value) : std::nullopt;
    if (!members || members->empty()) return std::nullopt;
    SearchVariance result;
    const DictionaryMember* params = nullptr;
    const DictionaryMember* except = nullptr;
    for (const DictionaryMember& member : *members) {
        if (member.key == "key-order") {
            if (member.kind != Kind::boolean) return std::nullopt;
            result.key_order = member.integer == 1;
        } else if (member.key == "params") {
            params = &member;
        } else if (member.key == "except") {
            except = &member;
        } else {
            return std::nullopt;
        }
    }
    const bool all = params && params->kind == Kind::boolean && params->integer == 1;
    if (except && !all) return std::nullopt;
    result.only = all;
    if (except && !take_names(*except, result)) return std::nullopt;
    if (params && params->kind != Kind::boolean && !take_names(*params, result)) return std::nullopt;
    return result == SearchVariance() ? std::nullopt : std::optional(result);
}

std::string canonical_search(std::string_view query, const SearchVariance& variance) {
    std::vector<std::pair<std::string, std::string>> parameters;
    while (!query.empty()) {
        const std::string_view parameter = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(parameter.size() + 1, query.size()));
        if (parameter.empty()) continue;
        const std::size_t equals = parameter.find('=');
        std::string name = decoded(parameter.substr(0, equals));
        if (variance.ignores(name)) continue;
        const std::string_view text = equals == std::string_view::npos ? "" : parameter.substr(equals + 1);
        parameters.emplace_back(std::move(name), decoded(text));
    }
    if (variance.key_order) {
        std::stable_sort(parameters.begin(), parameters.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
    }
    std::string out;
    for (const auto& [name, text] : parameters) {
        if (!out.empty()) out += '&';
        append_encoded(out, name);
        out += '=';
        append_encoded(out, text);
    }
    return out;
}

}  // namespace larder::policy
