// No-Vary-Search (first line) over a query (the rest): never a crash; a canonical query is its own canonical form.
#include "policy/no_vary_search.h"

#include <cstdint>
#include <cstdlib>

using namespace larder::policy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::string_view line = text.substr(0, text.find('\n'));
    const std::string_view query = text.substr(std::min(line.size() + 1, text.size()));
    Fields response;
    response.add("No-Vary-Search", trimmed(line));
    const auto variance = search_variance(response);
    if (!variance) return 0;
    const std::string once = canonical_search(query, *variance);
    if (canonical_search(once, *variance) != once) std::abort();
    return 0;
}
