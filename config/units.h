// Sizes and durations as an operator writes them. Pure; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace larder::config {

// 1000, 64KiB, 512MiB, 20GiB, 1TiB; KB, MB, GB and TB are decimal; B is one byte. Below 2^63.
std::optional<std::uint64_t> parse_size(std::string_view);
// With the largest unit that divides it: 512MiB.
std::string show_size(std::uint64_t bytes);

// 500ms, 2s, 5m, 1h, 1d; 0 needs no unit. At most 10 years.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view);
std::string show_duration(std::chrono::milliseconds);

// How `10 GB`, `10G`, `2sec` or `5 min` are spelt here, for suggestions. Whether that is a size or duration is not
// said.
std::string size_spelling(std::string_view);
std::string duration_spelling(std::string_view);

}  // namespace larder::config
