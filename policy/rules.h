// A strategy as policy needs it: the operator's words, with what was left out filled in.
#pragma once

#include <cstdint>

#include "config/config.h"
#include "storage/time.h"

namespace larder::policy {

struct Rules {
    config::StrategyConfiguration configuration;
    config::CacheBehavior behavior = config::CacheBehavior::read_through;
    storage::Seconds ttl = 60;  // the strategy's ttl_seconds, or its layer's default_ttl_seconds
    // Of all this and the strategy's name (policy/fingerprint.h); goes with what is stored by it.
    std::uint64_t fingerprint = 0;
};

}  // namespace larder::policy
