// From a configuration's words to layers: the one place that knows the technologies.
#pragma once

#include <cstdint>
#include <vector>

#include "config/config.h"
#include "proxy/tiers.h"

namespace larder::proxy {

// The active layers of the technologies that there are. `seed`: secret, of the layers' own hashes.
std::vector<Tier> make_layers(const config::Config& config, std::uint64_t seed);

}  // namespace larder::proxy
