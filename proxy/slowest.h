// Who is cut when the memory that readers pin is wanted for others: the slowest first. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace larder::proxy {

// A reader that could be cut.
struct Pinning {
    std::optional<std::uint64_t> rate;  // bytes a second; nullopt: not known yet
    std::uint64_t bytes = 0;            // that no layer holds
    const void* shared = nullptr;       // the same for readers of the same bytes; null: they are its own
};

struct Choice {
    std::size_t which = 0;    // index into what could be chosen
    std::uint64_t bytes = 0;  // that are free when it has ended, and those chosen before it
};

// So many of the slowest that `wanted` bytes become free, or as many as there are. Bytes that several read are free
// when the last of them ends. Only those slower than `below`, whose rate is known; nullopt: all, those whose rate is
// not known last.
std::vector<Choice> slowest(const std::vector<Pinning>& readers, std::uint64_t wanted,
                            std::optional<std::uint64_t> below);

}  // namespace larder::proxy
