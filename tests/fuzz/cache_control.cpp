// Cache-Control of both directions, and what is decided from it: never a crash; a lifetime within its bounds.
#include <cstdint>
#include <cstdlib>

#include "policy/delta_seconds.h"
#include "policy/freshness.h"
#include "policy/storable.h"

using namespace larder::policy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::size_t half = std::min(text.find('\n'), size);
    Fields request, response;
    request.add("Cache-Control", trimmed(text.substr(0, half)));
    response.add("Cache-Control", trimmed(text.substr(0, half)));
    response.add("Cache-Control", trimmed(text.substr(half)));
    parse_request_directives(request);
    const Request asked{"GET", request};
    const Response got{200, response, 1'700'000'000, 1'700'000'000};
    const auto life = lifetime(asked, got, {});
    if (life.freshness < 0 || life.freshness > max_delta_seconds) std::abort();
    if (parse_response_directives(response).malformed && storable(asked, got, {}) == StoreVerdict::storable)
        std::abort();
    return 0;
}
