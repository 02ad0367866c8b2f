#include "policy/negotiation.h"

#include <algorithm>
#include <array>
#include <optional>

#include "config/characters.h"
#include "policy/fields.h"

namespace larder::policy {
namespace {

constexpr unsigned most_weight = 1000;

struct Member {
    std::string_view name;  // as received
    unsigned weight = most_weight;
};

// At most 64, without a look at the heap: this is done for every request that may be stored.
class Members {
  public:
    bool add(Member member) {
        if (count_ == members_.size()) return false;
        members_[count_++] = member;
        return true;
    }
    Member* begin() { return members_.data(); }
    Member* end() { return members_.data() + count_; }
    bool empty() const { return count_ == 0; }

  private:
    std::array<Member, 64> members_;
    std::size_t count_ = 0;
};

// qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] ), in thousandths.
std::optional<unsigned> parse_weight(std::string_view text) {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
    unsigned weight = text[0] == '1' ? most_weight : 0;
    if (text.size() == 1) return weight;
    if (text[1] != '.') return std::nullopt;
    unsigned place = 100;
    for (const char c : text.substr(2)) {
        if (c < '0' || c > '9') return std::nullopt;
        weight += static_cast<unsigned>(c - '0') * place;
        place /= 10;
    }
    return weight <= most_weight ? std::optional(weight) : std::nullopt;
}

// RFC 4647 section 2.1.
bool is_language_range(std::string_view text) {
    return text == "*" || config::is_language_tag(text);
}

// name [ OWS ";" OWS "q=" qvalue ]
std::optional<Member> parse_member(std::string_view element) {
    const std::size_t semicolon = element.find(';');
    Member member{trimmed(element.substr(0, semicolon))};
    if (semicolon == std::string_view::npos) return member;
    const std::string_view parameter = trimmed(element.substr(semicolon + 1));
    if (parameter.size() < 2 || !same_name(parameter.substr(0, 2), "q=")) return std::nullopt;
    const auto weight = parse_weight(parameter.substr(2));
    if (!weight) return std::nullopt;
    member.weight = *weight;
    return member;
}

template <class Valid>
bool parse(Members& members, std::string_view value, Valid valid) {
    bool good = true;
    for_each_element(value, [&](std::string_view element) {
        const auto member = parse_member(element);
        good = member && valid(member->name) &&
               std::none_of(members.begin(), members.end(),
                            [&](const Member& other) { return same_name(other.name, member->name); }) &&
               members.add(*member);
        return good;
    });
    return good;
}

bool before(const Member& a, const Member& b) {
    if (a.weight != b.weight) return a.weight > b.weight;
    return std::lexicographical_compare(a.name.begin(), a.name.end(), b.name.begin(), b.name.end(),
                                        [](char x, char y) { return to_lower(x) < to_lower(y); });
}

// Calls put(char).
template <class Put>
void write_weight(unsigned weight, Put put) {
    if (weight == most_weight) return;
    for (const char c : std::string_view(";q=0")) put(c);
    if (weight == 0) return;
    const std::array<char, 4> digits = {'.', static_cast<char>('0' + weight / 100),
                                        static_cast<char>('0' + weight / 10 % 10),
                                        static_cast<char>('0' + weight % 10)};
    std::size_t size = digits.size();
    while (digits[size - 1] == '0') --size;
    for (std::size_t i = 0; i < size; ++i) put(digits[i]);
}

template <class Put>
void write(Members& members, Put put) {
    std::sort(members.begin(), members.end(), before);
    for (const Member& member : members) {
        if (&member != members.begin()) {
            put(',');
            put(' ');
        }
        for (const char c : member.name) put(to_lower(c));
        write_weight(member.weight, put);
    }
}

void write(std::string& out, Members& members) {
    write(members, [&](char c) { out += c; });
}

// Weights that say nothing but the order.
void rank(Members& members) {
    std::sort(members.begin(), members.end(), before);
    unsigned rank = most_weight;
    unsigned last = members.empty() ? 0 : members.begin()->weight;
    for (Member& member : members) {
        if (member.weight != last) rank = rank > 100 ? rank - 100 : std::max(1U, rank - 1);
        last = member.weight;
        member.weight = rank;
    }
}

std::string_view without_x(std::string_view coding) {
    return same_name(coding, "x-gzip") || same_name(coding, "x-compress") ? coding.substr(2) : coding;
}

// The content codings that are registered (RFC 9110 section 18.6), and `*`: another one means nothing to an origin.
bool is_coding(std::string_view name) {
    static constexpr std::array<std::string_view, 12> known = {
        "*", "aes128gcm", "br", "compress", "dcb", "dcz", "deflate", "exi", "gzip", "identity", "pack200-gzip", "zstd"};
    return std::any_of(known.begin(), known.end(), [&](std::string_view coding) { return same_name(coding, name); });
}

const Member* named(Members& members, std::string_view name) {
    const auto found = std::find_if(members.begin(), members.end(),
                                    [&](const Member& member) { return same_name(member.name, name); });
    return found == members.end() ? nullptr : found;
}

// `a` is `b`, or begins with it and a hyphen.
bool within(std::string_view a, std::string_view b) {
    return a.size() >= b.size() && same_name(a.substr(0, b.size()), b) && (a.size() == b.size() || a[b.size()] == '-');
}

unsigned weight_of_language(Members& ranges, std::string_view tag) {
    const Member* best = nullptr;
    for (const Member& range : ranges) {
        if (!within(tag, range.name) && !within(range.name, tag)) continue;
        if (range.name.size() == tag.size()) return range.weight;
        if (!best || range.name.size() > best->name.size()) best = &range;
    }
    if (!best) best = named(ranges, "*");
    return best ? best->weight : 0;
}

}  // namespace

bool canonical_encodings(std::string& out, std::string_view value, const std::vector<std::string>& offered) {
    out.clear();
    Members members;
    if (!parse(members, value, is_token)) return false;
    for (Member& member : members) {
        const std::string_view name = without_x(member.name);
        if (name != member.name && named(members, name)) return false;
        member.name = name;
    }
    if (offered.empty()) {
        Members known;
        for (const Member& member : members) {
            if (is_coding(member.name)) known.add(member);
        }
        if (known.empty() && !members.empty()) known.add({"identity", most_weight});
        write(out, known);
        return true;
    }
    Members left;
    const Member* const others = named(members, "*");
    for (const std::string& coding : offered) {
        const Member* const member = named(members, coding);
        const unsigned weight = member ? member->weight : others ? others->weight : 0;
        if (weight > 0 && !left.add({coding, weight})) return false;
    }
    const Member* const identity = named(members, "identity");
    const bool no_identity = identity ? identity->weight == 0 : others && others->weight == 0;
    rank(left);
    if (left.empty() && !no_identity) {
        left.add({"identity", most_weight});
    } else if (no_identity && !left.add({"identity", 0})) {
        return false;
    }
    write(out, left);
    return true;
}

bool canonical_languages(std::string& out, std::string_view value, const std::vector<std::string>& offered) {
    out.clear();
    Members members;
    if (!parse(members, value, is_language_range)) return false;
    if (offered.empty()) {
        write(out, members);
        return true;
    }
    Members left;
    for (const std::string& tag : offered) {
        const unsigned weight = weight_of_language(members, tag);
        if (weight > 0 && !left.add({tag, weight})) return false;
    }
    rank(left);
    write(out, left);
    return true;
}

bool is_canonical_languages(std::string_view value) {
    Members members;
    if (!parse(members, value, is_language_range) || members.empty()) return false;
    bool same = true;
    std::string_view rest = value;
    write(members, [&](char c) {
        same = same && rest.starts_with(c);
        if (same) rest.remove_prefix(1);
    });
    return same && rest.empty();
}

std::string_view first_language(std::string_view canonical) {
    const std::size_t comma = canonical.find(',');
    const std::string_view first = canonical.substr(0, comma);
    const std::size_t weight = first.find(';');
    const std::string_view name = first.substr(0, weight);
    if (name == "*" || (weight != std::string_view::npos && first.substr(weight) == ";q=0")) return {};
    if (comma == std::string_view::npos) return name;
    std::string_view second = canonical.substr(comma + 2);
    second = second.substr(0, second.find(','));
    const auto weight_text = [](std::string_view member) {
        const std::size_t at = member.find(';');
        return at == std::string_view::npos ? std::string_view() : member.substr(at);
    };
    return weight_text(first) == weight_text(second) ? std::string_view() : name;
}

}  // namespace larder::policy
