// How much memory there is for this process.
#pragma once

#include <cstdint>
#include <string>

namespace larder::config {

// Bytes: the machine's memory, or less where a cgroup v2 of this process, or one around it, has a lower memory.max.
// 1 GiB when nothing of it can be read. `root` stands before /proc and /sys.
std::uint64_t available_memory(const std::string& root = "");

}  // namespace larder::config
