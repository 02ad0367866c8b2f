// LMDB's environment in a directory: opened and closed, its tables, and how full it is.
//
// The writing thread alone opens, closes and resizes it, while it has own(), and it alone writes. Reading threads have
// enter() for as long as they have a transaction. Failures are thrown (transaction.h).
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <vector>

#include "storage/disk/directory.h"
#include "storage/disk/transaction.h"
#include "storage/disk/warmth.h"

namespace larder::storage::disk {

// FORMAT.md says what each holds.
struct Tables {
    MDB_dbi meta, objects, parts, keys, paths, tags, strategies, resources, fresh, leaves, recency, unowned;
};
inline constexpr const char* table_names[] = {"meta",       "objects",   "parts", "keys",   "paths",   "tags",
                                              "strategies", "resources", "fresh", "leaves", "recency", "unowned"};

class Environment {
  public:
    Environment(Directory& directory, unsigned most_readers) : directory_(directory), most_readers_(most_readers) {}
    ~Environment() { close(); }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

    // A thread that wants to own it comes before those that want to enter.
    std::shared_lock<std::shared_mutex> enter();
    std::unique_lock<std::shared_mutex> own();

    // A map of at most so many bytes; at least least_bytes. A file that is longer already keeps its length, and gets
    // room beyond it for the transactions that make it emptier.
    void open(std::uint64_t max_bytes, bool read_only = false);
    void close();
    bool is_open() const { return handle_ != nullptr; }
    // No transaction may be alive in this process.
    void resize(std::uint64_t max_bytes);

    MDB_env* handle() const { return handle_; }
    const Tables& tables() const { return tables_; }
    const char* damage_marker() const { return directory_.damage_marker().c_str(); }

    std::size_t page_bytes() const { return page_bytes_; }
    // The largest value that occupies exactly one page of its own.
    std::size_t part_bytes() const { return page_bytes_ - 16; }
    // Above it room is made before anything is written. What lies above is the reserve: pages that a transaction frees
    // can be used again only two transactions later, and even erasing needs some.
    std::uint64_t high_water() const { return high_water_; }
    std::uint64_t reserve() const { return map_pages_ - high_water_; }
    std::uint64_t map_pages() const { return map_pages_; }
    // Pages that hold something, LMDB's own list of free ones included.
    std::uint64_t used_pages(Transaction&) const;

    // All that was committed survives a power loss.
    void sync();
    // After each commit: keeps the file longer than its last page, for a shorter one counts as truncated.
    void extend_file();
    void forget_dead_readers();

    // Where in the file a value lies. nullopt: nowhere yet, the transaction has just written it.
    std::optional<std::uint64_t> place(Bytes value) const;
    int file() const { return file_; }
    Warmth& warmth() { return warmth_; }

    MDB_txn* take_snapshot();
    void give_snapshot(MDB_txn*);

    static constexpr std::uint64_t least_bytes = 1024 * 1024;

  private:
    void note_map();
    void bound(std::uint64_t max_bytes);
    void make_room_to_shrink();

    std::mutex turn_;
    std::shared_mutex access_;
    Directory& directory_;
    const unsigned most_readers_;
    MDB_env* handle_ = nullptr;
    Tables tables_{};
    Warmth warmth_;
    int file_ = -1;
    const char* map_ = nullptr;
    std::uint64_t map_bytes_ = 0;
    std::size_t page_bytes_ = 4096;
    std::uint64_t map_pages_ = 0;
    std::uint64_t high_water_ = 0;
    std::uint64_t file_pages_ = 0;

    std::mutex mutex_;
    std::vector<MDB_txn*> snapshots_;  // under mutex_: reset, to be renewed
};

}  // namespace larder::storage::disk
