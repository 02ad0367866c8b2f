#include "policy/no_vary_search.h"

#include <algorithm>
#include <utility>

#include "config/characters.h"
#include "policy/digits.h"
#include "policy/field_lines.h"
#include "policy/key_parts.h"
#include "policy/structured.h"
#include "storage/key.h"

namespace larder::policy {
namespace {

constexpr std::size_t most_value_bytes = 4096;
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
    return std::binary_search(names.begin(), names.end(), name) != only;
}

std::optional<SearchVariance> search_variance(const Fields& response) {
    const auto value = response.combined("No-Vary-Search");
    if (value && value->size() > most_value_bytes) return std::nullopt;
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
    std::sort(result.names.begin(), result.names.end());
    result.names.erase(std::unique(result.names.begin(), result.names.end()), result.names.end());
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

std::string field_value(const SearchVariance& variance) {
    std::string out = variance.key_order ? "key-order" : "";
    const auto add = [&](std::string_view member) { out.append(out.empty() ? "" : ", ").append(member); };
    if (variance.only) add("params");
    if (variance.names.empty()) return out;
    add(variance.only ? "except=(" : "params=(");
    for (const std::string& name : variance.names) {
        out += out.ends_with('(') ? "\"" : " \"";
        append_encoded(out, name);
        out += '"';
    }
    return out + ')';
}

std::uint64_t variance_id(const SearchVariance& variance, std::uint64_t seed) {
    return storage::hash_key(field_value(variance), seed).high;
}

namespace {

constexpr char mark_begin = '\x01';  // stands in no field value and no URL
constexpr std::size_t id_digits = 16;

void append_digits(std::string& out, std::uint64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8) {
        append_hex(out, static_cast<unsigned char>(number >> shift), HexCase::lower);
    }
}

}  // namespace

std::string search_mark(const SearchVariance& variance, std::string_view key_text, std::uint64_t seed) {
    const KeyParts key(key_text);
    std::string same(plain_authority(key.authority));
    same.append(key.path).append("?").append(canonical_search(key.query, variance));
    const storage::KeyHash hash = storage::hash_key(same, seed);
    std::string mark(1, mark_begin);
    append_digits(mark, variance_id(variance, seed));
    append_digits(mark, hash.high);
    append_digits(mark, hash.low);
    return mark;
}

bool is_search_mark(std::string_view tag) {
    return tag.starts_with(mark_begin);
}

std::optional<std::uint64_t> marked_variance(const std::vector<std::string>& tags) {
    const auto mark = std::find_if(tags.begin(), tags.end(), is_search_mark);
    if (mark == tags.end()) return std::nullopt;
    std::uint64_t id = 0;
    for (const char digit : std::string_view(*mark).substr(1, id_digits)) {
        id = id << 4 | static_cast<std::uint64_t>(hex_value(digit));
    }
    return id;
}

bool answers_too(const storage::Object& object, std::string_view own_key, std::string_view other_key) {
    if (!marked_variance(object.tags)) return false;
    const KeyParts own(own_key), other(other_key);
    if (own.path != other.path) return false;
    const auto variance = search_variance(fields_in(object.fields));
    return variance && canonical_search(own.query, *variance) == canonical_search(other.query, *variance);
}

}  // namespace larder::policy
