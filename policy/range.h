// Byte ranges of a stored body (RFC 9110 section 14).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/fields.h"

namespace larder::policy {

// Both inclusive, and within the body.
struct ByteRange {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    bool operator==(const ByteRange&) const = default;
};

enum class RangeOutcome {
    whole,         // there is none, or it is not honoured: 200 with the whole body
    partial,       // 206 with `ranges`, in the order asked for
    unsatisfiable  // 416
};

struct RangeSelection {
    RangeOutcome outcome = RangeOutcome::whole;
    std::vector<ByteRange> ranges;
    bool operator==(const RangeSelection&) const = default;
};

// Pure; any thread; does not allocate without Range. Not honoured, which section 14.2 always allows: other methods than
// GET, other units than bytes, ill-formed ones, several Range lines, more than 16 ranges, ranges that overlap.
RangeSelection select_ranges(std::string_view method, const Fields& request, std::uint64_t body_size);

// Whether the request's Range may go on to an origin as it came. Not (it is then left out, with If-Range, as section
// 14.2 allows) with several Range lines, more than 16 ranges of whatever unit, and byte ranges that are ill-formed, or
// of which more than two overlap others whatever the body's size: an origin may send every one of them in full. Pure;
// any thread.
bool may_forward_range(const Fields& request);

// The lines of a 206 with one part (section 15.3.7.1): those of the whole response, with Content-Range of this range.
// `complete`: bytes of the whole; nullopt: not known.
void append_partial_fields(std::string& out, std::string_view lines, const ByteRange&,
                           std::optional<std::uint64_t> complete);
// "Content-Range: bytes 0-4/10\r\n".
void append_content_range(std::string& out, const ByteRange&, std::optional<std::uint64_t> complete);

}  // namespace larder::policy
