// Accept-Encoding and Accept-Language: never a crash; a canonical value is its own canonical form, and one that is
// reduced to an offer names nothing else.
#include "policy/negotiation.h"

#include <cstdint>
#include <cstdlib>

using namespace larder::policy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::vector<std::string> none, codings = {"br", "gzip"}, languages = {"en", "de-ch", "de"};
    std::string once, twice;
    for (const auto* offered : {&none, &codings}) {
        if (!canonical_encodings(once, text, *offered)) continue;
        if (!canonical_encodings(twice, once, *offered) || once != twice) std::abort();
    }
    if (canonical_languages(once, text, none)) {
        if (!canonical_languages(twice, once, none) || once != twice) std::abort();
        const std::string_view first = first_language(once);
        if (!first.empty() && !once.starts_with(first)) std::abort();
    }
    if (canonical_languages(once, text, languages) &&
        once.find_first_not_of("endch-;q=0.123456789, ") != std::string::npos) {
        std::abort();
    }
    return 0;
}
