#include "proxy/cli/amounts.h"

#include <cstdio>
#include <ctime>

namespace larder::proxy::cli {
namespace {

std::string printed(const char* format, double value, const char* unit) {
    char text[64];
    std::snprintf(text, sizeof text, format, value);
    return std::string(text) + unit;
}

}  // namespace

std::string size_text(double bytes) {
    static constexpr const char* units[] = {" B", " KiB", " MiB", " GiB", " TiB"};
    std::size_t unit = 0;
    for (; bytes >= 1024 && unit + 1 < std::size(units); ++unit) bytes /= 1024;
    return printed(unit == 0 ? "%.0f" : "%.1f", bytes, units[unit]);
}

std::string count_text(double count) {
    return printed("%.0f", count, "");
}

std::string share_text(double part, double whole) {
    return whole > 0 ? printed("%.1f", 100 * part / whole, " %") : "-";
}

std::string duration_text(std::int64_t seconds) {
    if (seconds < 0) return "-" + duration_text(-seconds);
    if (seconds < 120) return std::to_string(seconds) + "s";
    if (seconds < 2 * 3600) return std::to_string(seconds / 60) + "m";
    if (seconds < 2 * 86400) return std::to_string(seconds / 3600) + "h";
    return std::to_string(seconds / 86400) + "d";
}

std::optional<std::int64_t> unix_time(const std::string& s) {
    std::tm utc{};
    const char* end = ::strptime(s.c_str(), "%Y-%m-%dT%H:%M:%SZ", &utc);
    if (!end || *end) return std::nullopt;
    return ::timegm(&utc);
}

}  // namespace larder::proxy::cli
