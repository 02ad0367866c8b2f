#include "policy/fields.h"

#include <algorithm>
#include <array>

namespace larder::policy {

namespace {

constexpr std::array<char, 256> make_lower_table() {
    std::array<char, 256> table{};
    for (int c = 0; c < 256; ++c) table[static_cast<std::size_t>(c)] = static_cast<char>(c);
    for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = static_cast<char>(c - 'A' + 'a');
    return table;
}

// tchar, RFC 9110 section 5.6.2.
constexpr std::array<bool, 256> make_token_table() {
    std::array<bool, 256> table{};
    for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789"
                                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
        table[static_cast<unsigned char>(c)] = true;
    }
    return table;
}

constexpr auto lower_table = make_lower_table();
constexpr auto token_table = make_token_table();

bool is_space(char c) {
    return c == ' ' || c == '\t';
}

}  // namespace

char to_lower(char c) {
    return lower_table[static_cast<unsigned char>(c)];
}

bool same_letters(std::string_view a, std::string_view b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (to_lower(a[i]) != to_lower(b[i])) return false;
    }
    return true;
}

bool is_token(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return token_table[static_cast<unsigned char>(c)]; });
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) c = to_lower(c);
    return result;
}

const Field* Fields::find(std::string_view name) const {
    for (const Field& field : fields_) {
        if (same_name(field.name, name)) return &field;
    }
    return nullptr;
}

std::string_view Fields::value(std::string_view name) const {
    const Field* field = find(name);
    return field ? field->value : std::string_view();
}

std::size_t Fields::count(std::string_view name) const {
    return static_cast<std::size_t>(
        std::count_if(begin(), end(), [&](const Field& field) { return same_name(field.name, name); }));
}

std::optional<std::string> Fields::combined(std::string_view name) const {
    std::optional<std::string> result;
    for (const Field& field : fields_) {
        if (!same_name(field.name, name)) continue;
        if (result) {
            result->append(", ");
        } else {
            result.emplace();
        }
        result->append(field.value);
    }
    return result;
}

std::size_t element_length(std::string_view list) {
    bool quoted = false;
    for (std::size_t i = 0; i < list.size(); ++i) {
        const char c = list[i];
        if (quoted && c == '\\') {
            ++i;  // quoted-pair, RFC 9110 section 5.6.4
        } else if (c == '"') {
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            return i;
        }
    }
    return list.size();
}

}  // namespace larder::policy
