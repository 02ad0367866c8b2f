// Vary: never a crash; the request that a response was stored for always matches it.
#include "policy/vary.h"

#include <cstdint>
#include <cstdlib>

using namespace larder::policy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    Fields response, request;
    for (bool first = true; !text.empty(); first = false) {
        const std::string_view line = text.substr(0, text.find('\n'));
        const std::size_t colon = std::min(line.find(':'), line.size());
        if (first) {
            response.add("Vary", trimmed(line));
        } else {
            request.add(line.substr(0, colon), trimmed(line.substr(std::min(colon + 1, line.size()))));
        }
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    const auto names = vary_names(response);
    if (names && !vary_matches(select_fields(*names, request), request)) std::abort();
    return 0;
}
