#include "config/memory.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>

#include "config/config.h"

namespace larder::config {
namespace {

std::optional<std::uint64_t> first_number(const std::string& path) {
    std::ifstream file(path);
    std::uint64_t number = 0;
    return file >> number ? std::optional(number) : std::nullopt;  // memory.max may also say "max"
}

std::optional<std::uint64_t> machine_memory(const std::string& root) {
    std::ifstream file(root + "/proc/meminfo");
    std::string line;
    while (std::getline(file, line)) {
        std::istringstream words(line);
        std::string name;
        std::uint64_t kibibytes = 0;
        if (words >> name >> kibibytes && name == "MemTotal:") return kibibytes * KiB;
    }
    return std::nullopt;
}

// The path of this process in the cgroup v2 tree, as the line `0::/path` says it.
std::string cgroup_path(const std::string& root) {
    std::ifstream file(root + "/proc/self/cgroup");
    std::string line;
    while (std::getline(file, line)) {
        if (line.starts_with("0::/")) return line.substr(3);
    }
    return "/";
}

}  // namespace

std::uint64_t available_memory(const std::string& root) {
    std::optional<std::uint64_t> least = machine_memory(root);
    std::string path = cgroup_path(root);
    while (true) {
        // In a container the own path may be told from outside; what is mounted is then the container's root.
        if (const auto limit = first_number(root + "/sys/fs/cgroup" + path + "/memory.max"); limit && *limit > 0) {
            least = least ? std::min(*least, *limit) : *limit;
        }
        if (path.empty() || path == "/") break;
        path.resize(path.rfind('/'));
    }
    return least.value_or(1 * GiB);
}

}  // namespace larder::config
