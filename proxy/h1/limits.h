// What one peer may send before a body is understood. Plain values; every number comes from config::Limits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "config/config.h"

namespace larder::proxy::h1 {

struct HeadLimits {
    std::size_t bytes = 16 * config::KiB;            // the whole head with its line ends, without leading empty lines
    std::size_t first_line_bytes = 8 * config::KiB;  // request line or status line, without its line end
    unsigned fields = 100;
    unsigned leading_empty_lines = 0;
};

struct ChunkLimits {
    std::size_t line_bytes = 8 * config::KiB;          // a chunk-size line with its extensions
    std::uint64_t extension_bytes = 64 * config::KiB;  // extensions and needless zeros of one message
    std::uint64_t trailer_bytes = 16 * config::KiB;    // the trailer section with its line ends
    unsigned trailer_fields = 100;
};

inline HeadLimits request_head_limits(const config::Limits& limits) {
    // RFC 9112 section 2.2: at least one empty line before a request line is to be ignored; some old clients send two.
    return {limits.request_head_bytes, limits.request_line_bytes, limits.request_fields, 4};
}

inline HeadLimits response_head_limits(const config::Limits& limits) {
    return {limits.response_head_bytes, limits.response_head_bytes, limits.response_fields, 0};
}

inline ChunkLimits request_chunk_limits(const config::Limits& limits) {
    return {8 * config::KiB, limits.chunk_extension_bytes, limits.trailer_bytes, limits.request_fields};
}

inline ChunkLimits response_chunk_limits(const config::Limits& limits) {
    return {8 * config::KiB, limits.chunk_extension_bytes, limits.trailer_bytes, limits.response_fields};
}

}  // namespace larder::proxy::h1
