// delta-seconds (RFC 9111 section 1.2.2): what max-age, Age and their kin count in.
#pragma once

#include <optional>
#include <string_view>

#include "storage/time.h"

namespace larder::policy {

// The largest lifetime or age that is told apart; larger ones are clamped to it (RFC 9111 section 1.2.2).
inline constexpr storage::Seconds max_delta_seconds = storage::Seconds{1} << 31;

// 1*DIGIT and nothing else; nullopt otherwise. Pure; any thread.
std::optional<storage::Seconds> parse_delta_seconds(std::string_view);

}  // namespace larder::policy
