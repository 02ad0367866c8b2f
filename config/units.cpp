#include "config/units.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <span>

#include "config/characters.h"

namespace larder::config {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::uint64_t K = 1000, Ki = 1024;
constexpr Unit size_units[] = {
    {"", 1},   {"B", 1},     {"KiB", Ki},     {"MiB", Ki* Ki},   {"GiB", Ki* Ki* Ki}, {"TiB", Ki* Ki* Ki* Ki},
    {"KB", K}, {"MB", K* K}, {"GB", K* K* K}, {"TB", K* K* K* K}};
constexpr Unit duration_units[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};

std::optional<std::uint64_t> parse(std::string_view text, std::span<const Unit> units, std::uint64_t most) {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc()) return std::nullopt;
    const std::string_view name(rest, static_cast<std::size_t>(end - rest));
    if (number == 0 && name.empty()) return 0;
    for (const Unit& unit : units) {
        if (unit.name == name) return number > most / unit.factor ? std::nullopt : std::optional(number * unit.factor);
    }
    return std::nullopt;
}

std::string show(std::uint64_t value, std::span<const Unit> units) {
    const Unit* best = &units[0];
    for (const Unit& unit : units) {
        if (value != 0 && value % unit.factor == 0 && unit.factor > best->factor) best = &unit;
    }
    return std::to_string(value / best->factor) + std::string(best->name);
}

struct Spelling {
    std::string_view usual;
    std::string_view ours;
};

constexpr Spelling size_spellings[] = {{"b", "B"},     {"bytes", "B"}, {"k", "KiB"},   {"m", "MiB"},   {"g", "GiB"},
                                       {"t", "TiB"},   {"ki", "KiB"},  {"mi", "MiB"},  {"gi", "GiB"},  {"ti", "TiB"},
                                       {"kib", "KiB"}, {"mib", "MiB"}, {"gib", "GiB"}, {"tib", "TiB"}, {"kb", "KB"},
                                       {"mb", "MB"},   {"gb", "GB"},   {"tb", "TB"}};
constexpr Spelling duration_spellings[] = {
    {"", "s"},        {"s", "s"},       {"sec", "s"},          {"secs", "s"}, {"second", "s"},
    {"seconds", "s"}, {"m", "m"},       {"min", "m"},          {"mins", "m"}, {"minute", "m"},
    {"minutes", "m"}, {"h", "h"},       {"hr", "h"},           {"hrs", "h"},  {"hour", "h"},
    {"hours", "h"},   {"d", "d"},       {"day", "d"},          {"days", "d"}, {"ms", "ms"},
    {"msec", "ms"},   {"millis", "ms"}, {"milliseconds", "ms"}};

std::string spelling(std::string_view text, std::span<const Spelling> spellings) {
    std::string squeezed = lower_case(text);
    std::erase_if(squeezed, [](char c) { return c == ' ' || c == '_'; });
    const std::size_t end = std::min(squeezed.find_first_not_of("0123456789"), squeezed.size());
    const std::string unit = squeezed.substr(end);
    for (const Spelling& one : spellings) {
        if (end > 0 && one.usual == unit) return squeezed.substr(0, end) + std::string(one.ours);
    }
    return std::string(text);
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
    return parse(text, size_units, std::uint64_t{std::numeric_limits<std::int64_t>::max()});
}

std::string show_size(std::uint64_t bytes) {
    return show(bytes, std::span(size_units).first(6));  // those with binary names
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    constexpr std::uint64_t longest = 1000ull * std::numeric_limits<std::int32_t>::max();  // RFC 9111 section 1.2.2
    const auto number = parse(text, duration_units, longest);
    if (!number) return std::nullopt;
    return std::chrono::milliseconds(static_cast<std::int64_t>(*number));
}

std::string show_duration(std::chrono::milliseconds duration) {
    return show(static_cast<std::uint64_t>(duration.count()), duration_units);
}

std::string size_spelling(std::string_view text) {
    return spelling(text, size_spellings);
}

std::string duration_spelling(std::string_view text) {
    return spelling(text, duration_spellings);
}

}  // namespace larder::config
