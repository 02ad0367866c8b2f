#include "policy/delta_seconds.h"

#include <algorithm>

namespace larder::policy {

std::optional<storage::Seconds> parse_delta_seconds(std::string_view text) {
    if (text.empty()) return std::nullopt;
    storage::Seconds value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = std::min(value * 10 + (c - '0'), max_delta_seconds);
    }
    return value;
}

}  // namespace larder::policy
