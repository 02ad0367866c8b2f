#include "policy/part.h"

#include <algorithm>

#include "policy/conditional.h"
#include "policy/digits.h"
#include "policy/field_lines.h"

namespace larder::policy {
namespace {

using storage::Body;
using storage::Object;

// Behind the end of every body.
constexpr std::uint64_t boundless = std::uint64_t{1} << 62;

std::uint64_t begin_of(const Object& part) {
    return part.part->first;
}
std::uint64_t end_of(const Object& part) {
    return part.part->first + (part.body ? part.body->size : 0);
}

bool strong_date(const Object& object) {
    return object.last_modified && *object.last_modified < object.date;
}

bool same_complete(const Object& a, const Object& b) {
    return !a.part->complete || !b.part->complete || a.part->complete == b.part->complete;
}

// The bytes of `body` from `begin` on, which share its memory.
void append_from(Body& out, const Body& body, std::uint64_t begin) {
    for (const Body::Piece& piece : body.pieces) {
        if (begin >= piece.size) {
            begin -= piece.size;
            continue;
        }
        const auto skip = static_cast<std::size_t>(begin);
        begin = 0;
        out.append(piece.part(skip, piece.size - skip));
    }
}

void append_until(Body& out, const Body& body, std::uint64_t end) {
    for (const Body::Piece& piece : body.pieces) {
        if (end == 0) return;
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(end, piece.size));
        out.append(piece.part(0, size));
        end -= size;
    }
}

// RFC 9110 section 15.3.7.3: the new response's fields replace those of the same name; Content-Range is neither's.
void combine_fields(Object& into, const Object& stored, const Object& received) {
    const Fields updates = fields_in(received.fields);
    std::string text;
    const auto append = [&](std::string_view lines, bool old) {
        for_each_line(lines, [&](std::string_view line, const Field& field) {
            const bool left_out = same_name(field.name, "content-range") || (old && updates.has(field.name));
            if (!left_out) text.append(line).append("\r\n");
            return true;
        });
    };
    append(stored.sent_fields(), true);
    append(received.sent_fields(), false);
    const std::size_t sent = text.size();
    append(stored.hidden_fields(), true);
    append(received.hidden_fields(), false);
    into.hidden = static_cast<std::uint32_t>(text.size() - sent);
    into.fields = std::move(text);
}

}  // namespace

std::optional<ContentRange> content_range(const Fields& response) {
    if (response.count("Content-Range") != 1) return std::nullopt;
    std::string_view text = response.value("Content-Range");
    if (text.size() < 6 || !same_name(text.substr(0, 6), "bytes ")) return std::nullopt;
    text.remove_prefix(6);
    const std::size_t dash = text.find('-');
    const std::size_t slash = text.find('/');
    if (dash == std::string_view::npos || slash == std::string_view::npos || slash < dash) return std::nullopt;
    const auto first = parse_decimal(text.substr(0, dash));
    const auto last = parse_decimal(text.substr(dash + 1, slash - dash - 1));
    ContentRange result;
    if (text.substr(slash + 1) != "*") {
        result.complete = parse_decimal(text.substr(slash + 1));
        if (!result.complete) return std::nullopt;
    }
    if (!first || !last || *last < *first || *last >= boundless) return std::nullopt;
    if (result.complete && *last >= *result.complete) return std::nullopt;
    result.range = {*first, *last};
    return result;
}

std::optional<std::string_view> single_range(std::string_view method, const Fields& request) {
    if (method != "GET" || request.count("Range") != 1) return std::nullopt;
    // In a body that has every byte there can be, all that is well-formed is satisfiable.
    const RangeSelection selection = select_ranges(method, request, boundless);
    if (selection.outcome != RangeOutcome::partial || selection.ranges.size() != 1) return std::nullopt;
    return request.value("Range");
}

std::optional<ByteRange> range_within(const Object& part, std::string_view method, const Fields& request,
                                      storage::UnixTime now) {
    const std::uint64_t end = end_of(part);
    if (end == begin_of(part) || !single_range(method, request) || !if_range_holds(request, part, now)) {
        return std::nullopt;
    }
    // Where the end is not known, a range that needs it reaches beyond every part.
    const RangeSelection selection = select_ranges(method, request, part.part->complete.value_or(boundless));
    if (selection.outcome != RangeOutcome::partial) return std::nullopt;
    const ByteRange range = selection.ranges.front();
    if (range.first < begin_of(part) || range.last >= end) return std::nullopt;
    return range;
}

std::optional<Rest> rest_of(const Object& part) {
    const auto complete = part.part->complete;
    if (begin_of(part) != 0 || !complete || end_of(part) == 0 || end_of(part) >= *complete) return std::nullopt;
    Rest rest;
    rest.range = "bytes=" + std::to_string(end_of(part)) + '-';
    rest.complete = *complete;
    if (strongly_equal(part.etag, part.etag)) {
        rest.if_range = part.etag;
    } else if (part.etag.empty() && strong_date(part)) {
        rest.if_range = value_in(part.fields, "last-modified");
    }
    return rest;
}

bool same_representation(const Object& stored, const Object& received) {
    if (!stored.etag.empty() || !received.etag.empty()) return strongly_equal(stored.etag, received.etag);
    return strong_date(stored) && strong_date(received) && stored.last_modified == received.last_modified;
}

bool combinable(const Object& stored, const Object& received) {
    if (!stored.part || !received.part || !same_complete(stored, received)) return false;
    if (!same_representation(stored, received)) return false;
    return begin_of(stored) <= end_of(received) && begin_of(received) <= end_of(stored);
}

Object combined(const Object& stored, const Object& received) {
    Object result = received;
    combine_fields(result, stored, received);
    auto body = std::make_shared<Body>();
    // What is received is newer; stored bytes go before and behind it.
    if (begin_of(stored) < begin_of(received)) append_until(*body, *stored.body, begin_of(received) - begin_of(stored));
    append_from(*body, *received.body, 0);
    if (end_of(stored) > end_of(received)) {
        append_from(*body, *stored.body, end_of(received) - begin_of(stored));
    }
    result.body = std::move(body);
    result.part->first = std::min(begin_of(stored), begin_of(received));
    if (!result.part->complete) result.part->complete = stored.part->complete;
    if (result.part->first == 0 && result.body->size == result.part->complete) {
        result.part.reset();
        result.status = 200;
    }
    return result;
}

std::optional<Object> completed_head(const Object& stored, const Object& received) {
    if (!received.part || !same_representation(stored, received)) return std::nullopt;
    if (received.part->first != end_of(stored) || received.part->complete != stored.part->complete) return std::nullopt;
    Object whole = received;
    combine_fields(whole, stored, received);
    whole.part.reset();
    whole.status = 200;
    return whole;
}

}  // namespace larder::policy
