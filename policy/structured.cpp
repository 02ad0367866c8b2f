#include "policy/structured.h"

#include <algorithm>
#include <charconv>
#include <unordered_set>

namespace larder::policy {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_alpha(char c) {
    return is_lower(c) || (c >= 'A' && c <= 'Z');
}
bool one_of(char c, std::string_view set) {
    return set.find(c) != std::string_view::npos;
}

// RFC 8941 section 4.2. Every function returns whether what it is named for stood there.
class Parser {
  public:
    explicit Parser(std::string_view text) : rest_(text) { skip(" "); }

    bool at_end() const { return rest_.empty(); }

    bool string(std::string& value) {
        if (!take('"')) return false;
        while (!rest_.empty()) {
            const char c = next();
            if (c == '"') return true;
            if (c < ' ' || c > '~') return false;
            if (c != '\\') {
                value += c;
                continue;
            }
            if (rest_.empty() || !one_of(rest_.front(), "\"\\")) return false;
            value += next();
        }
        return false;
    }

    bool parameters() {
        while (take(';')) {
            skip(" ");
            if (!key() || (take('=') && !bare_item())) return false;
        }
        return true;
    }

    // The comma before another member, which then has to be there.
    bool separator() { return take(',') && (skip(" \t"), !at_end()); }

    void optional_space() { skip(" \t"); }

    // A member's name, and what is behind it.
    bool member(DictionaryMember& into) {
        const std::string_view before = rest_;
        if (!key()) return false;
        into.key = before.substr(0, before.size() - rest_.size());
        into.kind = DictionaryMember::Kind::boolean;
        into.integer = 1;
        if (take('=') && !value(into)) return false;
        return parameters();
    }

  private:
    bool value(DictionaryMember& into) {
        using Kind = DictionaryMember::Kind;
        into.kind = Kind::other;
        into.integer = 0;
        if (rest_.starts_with('(')) return inner_list(into);
        const std::string_view before = rest_;
        if (rest_.starts_with('"')) {
            into.kind = Kind::text;
            return string(into.text);
        }
        if (!bare_item()) return false;
        const std::string_view item = before.substr(0, before.size() - rest_.size());
        if (item.front() == '?') {
            into.kind = Kind::boolean;
            into.integer = item.back() == '1' ? 1 : 0;
        } else if (item.front() == '-' || is_digit(item.front())) {
            std::int64_t integer = 0;
            const auto [end, error] = std::from_chars(item.data(), item.data() + item.size(), integer);
            if (error != std::errc() || end != item.data() + item.size()) return true;
            into.kind = Kind::integer;
            into.integer = integer;
        } else if (item.front() != ':') {
            into.kind = Kind::text;
            into.text = item;
        }
        return true;
    }

    bool inner_list(DictionaryMember& into) {
        using Kind = DictionaryMember::Kind;
        into.kind = Kind::texts;
        take('(');
        for (;;) {
            skip(" ");
            if (take(')')) {
                if (into.kind == Kind::other) into.texts.clear();
                return true;
            }
            if (rest_.starts_with('"')) {
                if (!string(into.texts.emplace_back())) return false;
            } else {
                into.kind = Kind::other;
                if (!bare_item()) return false;
            }
            if (!parameters()) return false;
            if (!rest_.starts_with(' ') && !rest_.starts_with(')')) return false;
        }
    }

    bool key() {
        if (rest_.empty() || !(is_lower(rest_.front()) || rest_.front() == '*')) return false;
        while (!rest_.empty() &&
               (is_lower(rest_.front()) || is_digit(rest_.front()) || one_of(rest_.front(), "_-.*"))) {
            next();
        }
        return true;
    }

    bool bare_item() {
        if (rest_.empty()) return false;
        const char c = rest_.front();
        std::string ignored;
        if (c == '"') return string(ignored);
        if (c == '-' || is_digit(c)) return number();
        if (c == '?') return next(), take('0') || take('1');
        if (c == ':') return bytes();
        return token();
    }

    bool number() {
        take('-');
        const std::size_t whole = digits();
        if (!take('.')) return whole >= 1 && whole <= 15;
        const std::size_t fraction = digits();
        return whole >= 1 && whole <= 12 && fraction >= 1 && fraction <= 3;
    }

    bool bytes() {
        next();
        while (!rest_.empty() && (is_alpha(rest_.front()) || is_digit(rest_.front()) || one_of(rest_.front(), "+/="))) {
            next();
        }
        return take(':');
    }

    bool token() {
        if (!is_alpha(rest_.front()) && rest_.front() != '*') return false;
        while (!rest_.empty() &&
               (is_alpha(rest_.front()) || is_digit(rest_.front()) || one_of(rest_.front(), "!#$%&'*+-.^_`|~:/"))) {
            next();
        }
        return true;
    }

    std::size_t digits() {
        std::size_t n = 0;
        for (; !rest_.empty() && is_digit(rest_.front()); ++n) next();
        return n;
    }

    char next() {
        const char c = rest_.front();
        rest_.remove_prefix(1);
        return c;
    }
    bool take(char c) {
        if (!rest_.starts_with(c)) return false;
        next();
        return true;
    }
    void skip(std::string_view set) { rest_.remove_prefix(std::min(rest_.find_first_not_of(set), rest_.size())); }

    std::string_view rest_;
};

void keep_last_of_each(std::vector<DictionaryMember>& members) {
    std::unordered_set<std::string> seen;
    std::vector<DictionaryMember> kept;
    for (auto member = members.rbegin(); member != members.rend(); ++member) {
        if (seen.insert(member->key).second) kept.push_back(std::move(*member));
    }
    std::reverse(kept.begin(), kept.end());
    members = std::move(kept);
}

}  // namespace

std::optional<std::vector<std::string>> parse_string_list(std::string_view text) {
    std::vector<std::string> result;
    Parser parser(text);
    if (parser.at_end()) return result;
    for (;;) {
        std::string value;
        if (!parser.string(value) || !parser.parameters()) return std::nullopt;
        result.push_back(std::move(value));
        parser.optional_space();
        if (parser.at_end()) return result;
        if (!parser.separator()) return std::nullopt;
    }
}

bool exceeds_dictionary(std::string_view text) {
    return text.size() > max_dictionary_bytes ||
           static_cast<std::size_t>(std::count(text.begin(), text.end(), ',')) > max_dictionary_commas;
}

std::optional<std::vector<DictionaryMember>> parse_dictionary(std::string_view text) {
    if (exceeds_dictionary(text)) return std::nullopt;
    std::vector<DictionaryMember> result;
    Parser parser(text);
    if (parser.at_end()) return result;
    for (;;) {
        DictionaryMember member;
        if (!parser.member(member)) return std::nullopt;
        result.push_back(std::move(member));
        parser.optional_space();
        if (parser.at_end()) {
            keep_last_of_each(result);
            return result;
        }
        if (!parser.separator()) return std::nullopt;
    }
}

}  // namespace larder::policy
