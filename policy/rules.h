// A strategy as policy needs it: the operator's words, with what was left out filled in.
#pragma once

#include "config/config.h"
#include "storage/time.h"

namespace larder::policy {

struct Rules {
    config::StrategyConfiguration configuration;
    config::CacheBehavior behavior = config::CacheBehavior::read_through;
    storage::Seconds ttl = 60;  // the strategy's ttl_seconds, or its layer's default_ttl_seconds
};

}  // namespace larder::policy
