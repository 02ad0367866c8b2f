// What the threads of one layer share. Each member says by itself how; the struct is only where they meet.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "storage/disk/disk_layer.h"
#include "storage/disk/environment.h"
#include "storage/disk/pending.h"
#include "storage/disk/pins.h"
#include "storage/disk/readers.h"
#include "storage/disk/uses.h"

namespace larder::storage::disk {

// For LayerStats.
struct Figures {
    std::array<std::atomic<std::uint64_t>, layer_errors> errors{};
    std::array<std::atomic<std::uint64_t>, stored_outcomes> stores{};
    std::atomic<std::uint64_t> evictions{0};
    std::atomic<std::uint64_t> bytes{0};
    std::atomic<std::uint64_t> objects{0};

    void count(LayerError error) { ++errors[static_cast<std::size_t>(error)]; }
    void count(Stored outcome) { ++stores[static_cast<std::size_t>(outcome)]; }
};

// Tells the operator, one event of a kind in ten seconds. Any thread.
class Reports {
  public:
    explicit Reports(const DiskOptions& options) : options_(options) {}
    void operator()(const char* event, std::string detail);

  private:
    const DiskOptions& options_;
    std::mutex mutex_;
    std::map<std::string, std::chrono::steady_clock::time_point> told_;  // under mutex_
};

struct Engine {
    explicit Engine(const DiskOptions&);

    const DiskOptions options;
    Directory directory;
    Environment environment;
    Pending pending;
    Uses uses;
    VariantUses variant_uses;
    Pins pins;
    Figures figures;
    Reports report;
    // Counts the environments that were opened here: numbers begin anew in one that starts empty, and one that is
    // opened again after a failure may have lost the last of them. So a body is known by its number and this. Changes
    // while the writing thread owns the environment.
    std::atomic<std::uint64_t> generation{0};
    std::atomic<std::uint64_t> max_bytes;
    std::atomic<config::EvictionPolicy> eviction;

    // The writing thread's: all that was committed survives a power loss. Costs nothing when it does already.
    void sync();
    bool unsynced = false;
    // Something was dropped, and would be back after a power loss. Any thread: whoever does not find something, and
    // looks here afterwards, knows whether it may come back.
    std::atomic<bool> dropped_since_sync{true};

    // What a reader has met in the environment of that generation. The writing thread moves the file aside if it cannot
    // be relied upon.
    void note_read_failure(const Failure&, std::uint64_t of_generation);
    void note_read() { failures_in_a_row_ = 0; }
    bool take_condemned() { return condemned_.exchange(false); }
    // Objects that failed their check: they are dropped.
    void note_damage(const std::vector<std::uint64_t>& numbers, std::uint64_t of_generation);
    // For erasures that are not made: a restart begins empty. Waits for the file system.
    void mark_for_dropping() { directory.drop_intact(); }

    std::atomic<std::chrono::milliseconds> patience;  // with a piece of a body
    std::atomic<unsigned> lists{0};                   // that are asked for and not answered

    Readers readers;  // last: its jobs use all of the above

  private:
    std::atomic<unsigned> failures_in_a_row_{0};
    std::atomic<bool> condemned_{false};
};

}  // namespace larder::storage::disk
