#include "proxy/timestamp.h"

#include <cstdio>
#include <ctime>

namespace larder::proxy {

void append_timestamp(std::string& out, std::int64_t unix_milliseconds) {
    const std::time_t seconds = unix_milliseconds / 1000;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    char text[40];
    const std::size_t n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    out.append(text, n);
    const int length = std::snprintf(text, sizeof text, ".%03dZ", static_cast<int>(unix_milliseconds % 1000));
    out.append(text, static_cast<std::size_t>(length));
}

}  // namespace larder::proxy
