// Canonical is final: a target or an authority that was accepted is its own canonical form, holds only bytes that may
// be forwarded, and keeps no dot segment.
#include "policy/target.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using namespace larder::policy;

void require(bool holds) {
    if (!holds) std::abort();
}

void check_target(std::string_view raw, std::string_view method) {
    Target target;
    if (canonical_target(raw, method, target) != TargetVerdict::fine) return;
    const std::string& text = target.text;
    require(text == "*" ? method == "OPTIONS" : text.starts_with('/'));
    require(text.size() <= 3 * raw.size() + 1);
    require(std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '#'; }));
    const std::string path = std::string(target.path()) + "/";
    require(path.find("/./") == std::string::npos && path.find("/../") == std::string::npos);
    require(target.has_query == (text.find('?') != std::string::npos));
    Target again;
    require(canonical_target(text, method, again) == TargetVerdict::fine);
    require(again.text == text && again.path_size == target.path_size && again.authority.empty());
    for (const bool https : {false, true}) {
        std::string authority, same;
        if (request_authority(target, false, {}, https, authority) != TargetVerdict::fine) continue;
        require(request_authority(target, !authority.empty(), authority, https, same) == TargetVerdict::fine);
        require(same == authority);
    }
}

void check_authority(std::string_view raw, bool https) {
    std::string once, twice;
    if (!canonical_authority(raw, https, once)) return;
    require(!once.empty() && once.find_first_of("/?#@\\\"%, ") == std::string::npos);
    require(canonical_authority(once, https, twice) && once == twice);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view raw(reinterpret_cast<const char*>(data), size);
    check_target(raw, "GET");
    check_target(raw, "OPTIONS");
    check_authority(raw, false);
    check_authority(raw, true);
    return 0;
}
