#include "config/forms.h"

#include <algorithm>
#include <charconv>

#include "config/pattern.h"

namespace larder::config {
namespace {

// Code points, for text that is UTF-8.
std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

// Fields that frame a message or belong to a connection, or that Larder makes itself.
bool is_reserved_field(std::string_view name) {
    static const std::set<std::string> reserved = {"connection",
                                                   "content-length",
                                                   "expect",
                                                   "forwarded",
                                                   "host",
                                                   "keep-alive",
                                                   "proxy-connection",
                                                   "te",
                                                   "trailer",
                                                   "upgrade",
                                                   "transfer-encoding",
                                                   "via",
                                                   "x-forwarded-for",
                                                   "x-forwarded-host",
                                                   "x-forwarded-proto"};
    return reserved.contains(lower_case(name));
}

// RFC 9110 section 5.5, ASCII only and without white space at the ends.
bool is_field_value(std::string_view text) {
    if (text.empty()) return true;
    if (text.front() == ' ' || text.back() == ' ') return false;
    return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
}

// The spelling that the form would take, if it is a right one.
template <class F>
std::string spelling_hint(const F& form, const Node& node, const std::string& spelling) {
    Node meant = node;
    meant.text = spelling;
    return spelling != node.text && form.parse(meant) ? did_you_mean(spelling) : "";
}

}  // namespace

std::optional<std::string> Text::parse(const Node& node) const {
    const std::size_t length = characters(node.text);
    if (length < least || length > most || std::ranges::any_of(node.text, is_control)) return std::nullopt;
    return node.text;
}

std::string Text::type() const {
    return "text of " + std::to_string(least) + " to " + std::to_string(most) + " characters on one line";
}

std::optional<bool> Flag::parse(const Node& node) const {
    if (!node.plain || (node.text != "true" && node.text != "false")) return std::nullopt;
    return node.text == "true";
}

std::string Flag::hint(const Node& node) const {
    const std::string text = lower_case(node.text);
    if (text == "true" || text == "yes" || text == "on")
        return node.text == "true" ? "; remove the quotes" : did_you_mean("true");
    if (text == "false" || text == "no" || text == "off")
        return node.text == "false" ? "; remove the quotes" : did_you_mean("false");
    return "";
}

std::optional<std::uint64_t> parse_number(const Node& node, std::uint64_t least, std::uint64_t most) {
    std::uint64_t number = 0;
    const char* const end = node.text.data() + node.text.size();
    const auto [rest, error] = std::from_chars(node.text.data(), end, number);
    if (!node.plain || error != std::errc() || rest != end || number < least || number > most) return std::nullopt;
    return number;
}

std::optional<std::uint64_t> Size::parse(const Node& node) const {
    const auto bytes = parse_size(node.text);
    return bytes && *bytes >= least && *bytes <= most ? bytes : std::nullopt;
}

std::string Size::hint(const Node& node) const {
    if (node.text.find('.') != npos) return "; without a fraction";
    return spelling_hint(*this, node, size_spelling(node.text));
}

std::string Size::type() const {
    return "a size from " + show_size(least) + " to " + show_size(most) + ", such as 64KiB, 512MiB, 20GiB, 1MB or 1000";
}

std::optional<milliseconds> Duration::parse(const Node& node) const {
    const auto duration = parse_duration(node.text);
    return duration && *duration >= least && *duration <= most ? duration : std::nullopt;
}

std::string Duration::hint(const Node& node) const {
    if (node.text.find('.') != npos) return "; without a fraction";
    return spelling_hint(*this, node, duration_spelling(node.text));
}

std::string Duration::type() const {
    return "a duration with unit from " + show_duration(least) + " to " + show_duration(most) +
           ", such as 500ms, 2s, 5m, 1h or 1d";
}

std::optional<seconds> Seconds::parse(const Node& node) const {
    std::optional<seconds> value;
    if (const auto number = parse_number(node, 0, std::numeric_limits<std::int32_t>::max())) {
        value = seconds(*number);
    } else if (const auto duration = parse_duration(node.text); duration && duration->count() % 1000 == 0) {
        value = std::chrono::duration_cast<seconds>(*duration);
    }
    return value && *value >= least && *value <= most ? value : std::nullopt;
}

std::string Seconds::hint(const Node& node) const {
    if (node.text.find('.') != npos) return "; without a fraction";
    const std::string quotes = quotes_hint(*this, node);
    return quotes.empty() ? spelling_hint(*this, node, duration_spelling(node.text)) : quotes;
}

std::string Seconds::type() const {
    return "whole seconds from " + show_duration(least) + " to " + show_duration(most) + ", such as 600, 30s, 5m or 1h";
}

void UrlPattern::read(Reader& reader, const Node& node, std::string& out) const {
    if (node.kind != Node::Kind::scalar) return reader.complain(node, type());
    const auto parsed = parse_pattern(node.text);
    if (const auto* error = std::get_if<PatternError>(&parsed)) {
        Place place = node.place;
        place.column += static_cast<int>(error->position) + (node.plain ? 0 : 1);
        return reader.complain(place, error->found + " in " + in_quotes(node.text), error->expected);
    }
    const auto& pattern = std::get<PathPattern>(parsed);
    if (part == Part::path && (!pattern.host.empty() || pattern.query)) return reader.complain(node, type());
    out = node.text;
}

std::string UrlPattern::type() const {
    if (part == Part::path)
        return "a path pattern that begins with /, such as /v2/** or /users/{id} (host and query stand elsewhere)";
    return "a pattern such as /api/workouts/{resource_id}, api.example.com/v2/** or /search?q&page&!utm_*";
}

void FieldValues::read(Reader& reader, const Node& node, Value& out) const {
    out.clear();
    if (!reader.accept_mapping(node, "X-Env")) return;
    for (const Entry& entry : node.entries) {
        const std::string shown = in_quotes(entry.key);
        const Reader::Step step(reader, printable(entry.key));
        if (!is_token(entry.key) || is_reserved_field(entry.key)) {
            reader.complain(entry.place, shown, "the name of an end-to-end field that Larder does not make itself");
        } else if (entry.value.kind != Node::Kind::scalar || !is_field_value(entry.value.text)) {
            reader.complain(entry.value, "a field value: printable ASCII on one line, without spaces at its ends");
        } else if (std::ranges::any_of(
                       out, [&](const auto& set) { return lower_case(set.first) == lower_case(entry.key); })) {
            reader.complain(entry.place, "a second " + shown, "each field once, whatever its case");
        } else {
            out.emplace_back(entry.key, entry.value.text);
        }
    }
}

void VaryPolicies::read(Reader& reader, const Node& node, Value& out) const {
    out.clear();
    if (!reader.accept_mapping(node, "User-Agent")) return;
    for (const Entry& entry : node.entries) {
        const Reader::Step step(reader, printable(entry.key));
        const std::string name = lower_case(entry.key);
        if (!is_token(name)) {
            reader.complain(entry.place, in_quotes(entry.key), "a field name such as Accept-Language");
        } else if (std::ranges::any_of(out, [&](const auto& named) { return named.first == name; })) {
            reader.complain(entry.place, "a second " + in_quotes(entry.key), "each field once, whatever its case");
        } else {
            VaryPolicy policy = VaryPolicy::pass;
            OneOf<VaryPolicy>().read(reader, entry.value, policy);
            out.emplace_back(name, policy);
        }
    }
}

}  // namespace larder::config
