// Range: never a crash; what is selected lies within the body, at most 16 pieces, each byte once.
#include "policy/range.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>

using namespace larder::policy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::uint64_t body_size = 0;
    if (size < sizeof(body_size)) return 0;
    std::memcpy(&body_size, data, sizeof(body_size));
    Fields request;
    request.add("Range", {reinterpret_cast<const char*>(data) + sizeof(body_size), size - sizeof(body_size)});
    const RangeSelection selection = select_ranges("GET", request, body_size);
    if ((selection.outcome == RangeOutcome::partial) == selection.ranges.empty()) std::abort();
    std::uint64_t sum = 0;
    for (const ByteRange& range : selection.ranges) {
        if (range.first > range.last || range.last >= body_size) std::abort();
        sum += range.last - range.first + 1;
    }
    if (selection.ranges.size() > 16 || sum > body_size) std::abort();
    return 0;
}
