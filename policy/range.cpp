#include "policy/range.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "policy/field_lines.h"

namespace larder::policy {

namespace {

constexpr std::size_t most_ranges = 16;

// 1*DIGIT; what does not fit becomes the largest number, which lies behind the end of every body.
std::optional<std::uint64_t> parse_position(std::string_view text) {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    if (text.empty()) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        const auto digit = static_cast<std::uint64_t>(c - '0');
        value = value > (most - digit) / 10 ? most : value * 10 + digit;
    }
    return value;
}

struct Spec {
    bool well_formed = false;
    std::optional<ByteRange> range;  // nullopt: unsatisfiable
};

// int-range or suffix-range, RFC 9110 section 14.1.1.
Spec parse_spec(std::string_view text, std::uint64_t body_size) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) return {};
    const auto first = parse_position(text.substr(0, dash));
    const auto last = parse_position(text.substr(dash + 1));
    if (dash == 0) {
        if (!last) return {};
        if (*last == 0) return {true, std::nullopt};
        if (body_size == 0) return {};  // satisfiable by section 14.1.2, but Content-Range cannot say so
        return {true, ByteRange{body_size - std::min(*last, body_size), body_size - 1}};
    }
    const bool open_ended = dash + 1 == text.size();
    if (!first || (!last && !open_ended) || (last && *last < *first)) return {};
    if (*first >= body_size) return {true, std::nullopt};
    return {true, ByteRange{*first, std::min(last.value_or(body_size - 1), body_size - 1)}};
}

bool overlap(const ByteRange& a, const ByteRange& b) {
    return a.first <= b.last && b.first <= a.last;
}

bool overlaps(const std::vector<ByteRange>& ranges, const ByteRange& next) {
    return std::any_of(ranges.begin(), ranges.end(), [&](const ByteRange& range) { return overlap(range, next); });
}

}  // namespace

RangeSelection select_ranges(std::string_view method, const Fields& request, std::uint64_t body_size) {
    const Field* field = request.find("Range");
    if (!field || method != "GET" || request.count("Range") != 1) return {};
    const std::size_t equals = field->value.find('=');
    if (equals == std::string_view::npos || !same_name(field->value.substr(0, equals), "bytes")) return {};

    RangeSelection result;
    std::size_t count = 0;
    bool honoured = true;
    for_each_element(field->value.substr(equals + 1), [&](std::string_view element) {
        const Spec spec = parse_spec(element, body_size);
        honoured = spec.well_formed && ++count <= most_ranges && !(spec.range && overlaps(result.ranges, *spec.range));
        if (honoured && spec.range) result.ranges.push_back(*spec.range);
        return honoured;
    });
    if (!honoured || count == 0) return {};
    result.outcome = result.ranges.empty() ? RangeOutcome::unsatisfiable : RangeOutcome::partial;
    return result;
}

bool may_forward_range(const Fields& request) {
    const Field* field = request.find("Range");
    if (!field) return true;
    const std::size_t equals = field->value.find('=');
    if (equals == std::string_view::npos || request.count("Range") != 1) return false;
    // A body that has every byte there can be.
    constexpr std::uint64_t boundless = std::uint64_t{1} << 62;
    const bool of_bytes = same_name(field->value.substr(0, equals), "bytes");
    std::vector<ByteRange> ranges;
    std::size_t count = 0;
    bool bounded = true;
    for_each_element(field->value.substr(equals + 1), [&](std::string_view element) {
        bounded = ++count <= most_ranges;
        if (!bounded || !of_bytes) return bounded;
        const Spec spec = parse_spec(element, boundless);
        bounded = spec.well_formed;
        if (spec.range) ranges.push_back(*spec.range);
        return bounded;
    });
    constexpr std::ptrdiff_t max_overlapping = 2;
    const auto overlapping = std::count_if(ranges.begin(), ranges.end(), [&](const ByteRange& range) {
        return std::any_of(ranges.begin(), ranges.end(),
                           [&](const ByteRange& other) { return &other != &range && overlap(other, range); });
    });
    return bounded && count > 0 && overlapping <= max_overlapping;
}

void append_content_range(std::string& out, const ByteRange& range, std::optional<std::uint64_t> complete) {
    out.append("Content-Range: bytes ").append(std::to_string(range.first)).append("-");
    out.append(std::to_string(range.last)).append("/");
    out.append(complete ? std::to_string(*complete) : "*").append("\r\n");
}

void append_partial_fields(std::string& out, std::string_view lines, const ByteRange& range,
                           std::optional<std::uint64_t> complete) {
    for_each_line(lines, [&](std::string_view line, const Field& field) {
        if (!same_name(field.name, "content-range")) out.append(line).append("\r\n");
        return true;
    });
    append_content_range(out, range, complete);
}

}  // namespace larder::policy
