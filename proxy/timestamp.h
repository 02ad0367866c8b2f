// RFC 3339 timestamps in UTC.
#pragma once

#include <cstdint>
#include <string>

namespace larder::proxy {

// 2026-11-22T20:07:00.123Z
void append_timestamp(std::string& out, std::int64_t unix_milliseconds);
// 2026-11-22T20:07:00Z
void append_whole_seconds(std::string& out, std::int64_t unix_milliseconds);

}  // namespace larder::proxy
