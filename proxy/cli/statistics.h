// What a running Larder has counted, as one document.
#pragma once

#include <boost/json/object.hpp>

#include "proxy/cli/samples.h"

namespace larder::proxy::cli {

// Members: requests, hit, stale, miss, bypass, error, hit_ratio (of all strategies), then strategies, layers, upstreams
// and invalidations (one object each), connections, memory, fills_in_flight, followers. hit_ratio: what was served from
// the cache, fresh or stale, among requests that could have been; null before the first of them.
boost::json::object statistics(const Samples& samples);

}  // namespace larder::proxy::cli
