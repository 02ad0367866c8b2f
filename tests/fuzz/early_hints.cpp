// Link: never a crash; what is told ahead is one field line, and bounded.
#include "policy/early_hints.h"

#include <cstdint>
#include <cstdlib>

using namespace larder::policy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string text(reinterpret_cast<const char*>(data), size);
    for (char& c : text) {
        if (c == '\r' || c == '\n') c = ' ';  // no field value has them
    }
    Fields response;
    response.add("Link", trimmed(text));
    const std::string hints = early_hints(response);
    if (hints.size() > 2048 + 8 + 2 * size) std::abort();
    if (!hints.empty() && (!hints.starts_with("Link: <") || hints.find("\r\n") != hints.size() - 2)) std::abort();
    return 0;
}
