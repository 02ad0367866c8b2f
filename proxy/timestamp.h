// RFC 3339 timestamps in UTC, with milliseconds.
#pragma once

#include <cstdint>
#include <string>

namespace larder::proxy {

void append_timestamp(std::string& out, std::int64_t unix_milliseconds);

}  // namespace larder::proxy
