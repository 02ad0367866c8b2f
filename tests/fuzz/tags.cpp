// Tags: never a crash; within the limits, none empty.
#include "policy/tags.h"

#include <cstdint>
#include <cstdlib>

using namespace larder::policy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    Fields response;
    for (const char* name : {"Surrogate-Key", "Cache-Tag", "xkey", "Cache-Groups"}) response.add(name, text);
    const auto found = tags(response);
    if (!found) return 0;
    if (found->size() > most_tags) std::abort();
    for (const std::string& tag : *found) {
        if (tag.empty() || tag.size() > most_tag_bytes) std::abort();
    }
    return 0;
}
