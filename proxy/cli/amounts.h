// Sizes, shares and times for people to read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace larder::proxy::cli {

std::string size_text(double bytes);                          // 999 B, 1.5 KiB, 20.0 GiB
std::string count_text(double count);                         // a whole number
std::string share_text(double part, double whole);            // 12.3 %; "-" of nothing
std::string duration_text(std::int64_t seconds);              // 59s, 2m, 3h, 4d
std::optional<std::int64_t> unix_time(const std::string& s);  // of 2026-11-22T20:07:00Z

}  // namespace larder::proxy::cli
