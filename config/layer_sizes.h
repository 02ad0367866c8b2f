// What a layer of a size can take: the layers compute with these, and `check` tells by them what could never be stored.
#pragma once

#include <algorithm>
#include <cstdint>

#include "config/config.h"

namespace larder::config {

// The largest object that a MEMORY layer takes, with all that it costs to keep it: a quarter of it all, or 32 MiB if it
// has so much.
constexpr std::uint64_t largest_in_memory(std::uint64_t max_size_bytes) {
    return std::max(max_size_bytes / 4, std::min(max_size_bytes, 32 * MiB));
}

// The largest body that a FILE_SYSTEM layer takes from its queue and writes.
constexpr std::uint64_t largest_on_disk(std::uint64_t max_size_bytes) {
    return max_size_bytes / 4;
}

// The largest body that a layer can be given.
constexpr std::uint64_t largest_body(const Layer& layer) {
    if (layer.technology != Technology::file_system) return largest_in_memory(layer.max_size_bytes);
    return std::min(largest_on_disk(layer.max_size_bytes), layer.file_system.queue_bytes);
}

}  // namespace larder::config
