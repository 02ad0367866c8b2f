// Content-Range (first line) and Range (second): never a crash; what is taken lies within what is declared.
#include <cstdint>
#include <cstdlib>

#include "policy/part.h"

using namespace larder::policy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::string_view rest = text.substr(std::min(line.size() + 1, text.size()));
    Fields response, request;
    response.add("Content-Range", trimmed(line));
    request.add("Range", trimmed(rest));
    const auto range = content_range(response);
    if (!range) return 0;
    if (range->range.last < range->range.first) std::abort();
    if (range->complete && range->range.last >= *range->complete) std::abort();
    larder::storage::Object part;
    part.status = 206;
    part.part = larder::storage::Part{range->range.first, range->complete};
    auto body = std::make_shared<larder::storage::Body>();
    body->size = range->range.last - range->range.first + 1;
    part.body = body;
    const auto within = range_within(part, "GET", request, 0);
    if (within && (within->first < range->range.first || within->last > range->range.last)) std::abort();
    return 0;
}
