#include "proxy/timestamp.h"

#include <cstdio>
#include <ctime>

namespace larder::proxy {

namespace {

void append_date_and_time(std::string& out, std::int64_t unix_milliseconds) {
    const std::time_t seconds = unix_milliseconds / 1000;
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    char text[40];
    out.append(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc));
}

}  // namespace

void append_timestamp(std::string& out, std::int64_t unix_milliseconds) {
    append_date_and_time(out, unix_milliseconds);
    char text[8];
    const int length =
        std::snprintf(text, sizeof text, ".%03uZ", static_cast<unsigned>(unix_milliseconds % 1000) % 1000U);
    out.append(text, static_cast<std::size_t>(length));
}

void append_whole_seconds(std::string& out, std::int64_t unix_milliseconds) {
    append_date_and_time(out, unix_milliseconds);
    out += 'Z';
}

}  // namespace larder::proxy
