// Conditional requests: never a crash; If-None-Match with nothing but the object's own entity-tag always matches.
#include "policy/conditional.h"

#include <cstdint>
#include <cstdlib>

using namespace larder::policy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::size_t half = std::min(text.find('\n'), size);
    const std::string_view rest = text.substr(std::min(half + 1, size));
    larder::storage::Object object;
    object.etag = std::string(1, '"').append(text.substr(0, half)).append("\"");
    Fields any, own;
    for (const char* name : {"If-None-Match", "If-Modified-Since", "If-Range"}) any.add(name, trimmed(rest));
    own.add("If-None-Match", object.etag);
    evaluate("GET", any, object, 0);
    if_range_holds(any, object, 0);
    const bool proper = text.substr(0, half).find('"') == std::string_view::npos;
    if (proper && evaluate("GET", own, object, 0) != Precondition::not_modified) std::abort();
    return 0;
}
