// What a layer's directory holds, looked at from outside: `larder storage verify` and `stats`. No Larder may have it
// open: the lock is taken meanwhile. Nothing is changed.
//
// Both throw std::runtime_error that says what to do: there is no storage in the directory, a process has it open, it
// cannot be read. A file that LMDB must not open, and damage that kills the process, are faults of it: the former is
// reported, the latter ends the process as it would end Larder.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace larder::storage {

struct TableFigures {
    std::string name;
    std::uint64_t entries = 0;
    std::uint64_t bytes = 0;  // pages, whole
};

struct StorageFigures {
    std::uint32_t format_version = 0;
    std::uint64_t file_bytes = 0;
    std::uint64_t used_bytes = 0;  // of the file; the rest is free for use
    std::uint64_t keys = 0;
    std::uint64_t objects = 0;
    std::vector<TableFigures> tables;
};

struct VerifyReport {
    std::uint64_t keys = 0;
    std::uint64_t objects = 0;
    std::uint64_t body_bytes = 0;
    std::uint64_t unowned_bodies = 0;  // left by a crash; the next start removes them
    std::uint64_t faults = 0;
    std::vector<std::string> first_faults;  // at most 100
};

StorageFigures storage_figures(const std::string& directory);
// `progress` is called now and then with how many objects are done, of how many.
VerifyReport verify_storage(const std::string& directory,
                            const std::function<void(std::uint64_t done, std::uint64_t of)>& progress = {});

}  // namespace larder::storage
