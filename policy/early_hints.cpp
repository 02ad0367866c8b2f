#include "policy/early_hints.h"

#include <algorithm>
#include <array>

namespace larder::policy {
namespace {

constexpr std::size_t most_bytes = 2048;

// Up to the comma that ends a link: neither in <> nor in quotes.
std::size_t link_length(std::string_view list) {
    if (!list.starts_with('<')) return element_length(list);
    const std::size_t close = list.find('>');
    if (close == std::string_view::npos) return list.size();
    return close + element_length(list.substr(close));
}

bool tells_ahead(std::string_view relation) {
    static constexpr std::array<std::string_view, 6> relations = {"preload",      "modulepreload", "preconnect",
                                                                  "dns-prefetch", "prefetch",      "stylesheet"};
    return std::any_of(relations.begin(), relations.end(),
                       [&](std::string_view known) { return same_name(known, relation); });
}

// rel=a, or rel="a b".
bool is_hint(std::string_view link) {
    if (!link.starts_with('<')) return false;
    const std::size_t close = link.find('>');
    if (close == std::string_view::npos) return false;
    std::string_view rest = link.substr(close + 1);
    while (!rest.empty()) {
        std::size_t end = 0;
        bool quoted = false;
        while (end < rest.size() && (quoted || rest[end] != ';')) quoted ^= rest[end++] == '"';
        const std::string_view parameter = trimmed(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const std::size_t equals = parameter.find('=');
        if (equals == std::string_view::npos || !same_name(trimmed(parameter.substr(0, equals)), "rel")) continue;
        std::string_view relations = trimmed(parameter.substr(equals + 1));
        if (relations.size() >= 2 && relations.front() == '"') relations = relations.substr(1, relations.size() - 2);
        while (!relations.empty()) {
            const std::string_view relation = relations.substr(0, relations.find(' '));
            if (tells_ahead(relation)) return true;
            relations.remove_prefix(std::min(relation.size() + 1, relations.size()));
        }
        return false;  // the first rel counts (RFC 8288 section 3.3)
    }
    return false;
}

}  // namespace

std::string early_hints(const Fields& response) {
    std::string out;
    for (const Field& field : response) {
        if (!same_name(field.name, "Link")) continue;
        std::string_view rest = field.value;
        while (!rest.empty()) {
            const std::size_t length = link_length(rest);
            const std::string_view link = trimmed(rest.substr(0, length));
            rest.remove_prefix(std::min(length + 1, rest.size()));
            rest = trimmed(rest);
            if (!is_hint(link) || out.size() + link.size() > most_bytes) continue;
            out.append(out.empty() ? "Link: " : ", ").append(link);
        }
    }
    if (!out.empty()) out += "\r\n";
    return out;
}

}  // namespace larder::policy
