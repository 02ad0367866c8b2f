// The times that storage and policy calculate with. No clock is read here: `now` is an argument everywhere.
#pragma once

#include <cstdint>

namespace larder::storage {

// Whole seconds since 1970-01-01T00:00:00Z. Larder derives it from a clock that does not jump (proxy/clock.h).
using UnixTime = std::int64_t;
// Whole seconds.
using Seconds = std::int64_t;

}  // namespace larder::storage
