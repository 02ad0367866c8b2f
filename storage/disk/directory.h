// The directory that a layer owns: its lock, its markers, and the data file as seen from outside of LMDB.
//
//   lock               held (flock) while the environment is open; the holder's process id is in it
//   data.mdb           LMDB's file; lock.mdb beside it is LMDB's table of readers, made anew at each open
//   intact             is there while data.mdb may be kept
//   damaged            is there after LMDB struck damage that killed the process (damage.h)
//   data.mdb.damaged   the last file that was moved aside, to be looked at or deleted
//
// One thread at a time.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace larder::storage::disk {

class Directory {
  public:
    // Makes it if it is missing. Throws std::runtime_error that says what to change: it cannot be made or written, or
    // lies on a network file system, whose locks and maps LMDB cannot rely on.
    explicit Directory(std::string path);
    ~Directory();
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;

    const std::string& path() const { return path_; }
    std::string data() const { return path_ + "/data.mdb"; }
    const std::string& damage_marker() const { return damage_marker_; }

    bool lock();           // false: another one holds it
    pid_t holder() const;  // 0: unknown
    void unlock();

    bool intact() const;
    bool make_intact();  // false: it could not be made, so content would not survive
    bool drop_intact();  // works on a full disk; any thread

    bool marked_damaged() const;
    void clear_damage();

    // Why LMDB must not open the data file; empty: it may. LMDB itself opens a file that is too short, and dies of
    // SIGBUS when it reads behind the end.
    std::string unsound() const;
    bool has_data() const;
    // The data file becomes data.mdb.damaged, or is deleted when space is short or `keep` is false.
    bool move_aside(bool keep);  // whether it was kept
    void drop_readers_table();
    bool extend_data(std::uint64_t size);

  private:
    void sync() const;

    const std::string path_;
    const std::string damage_marker_;
    int lock_file_ = -1;
};

}  // namespace larder::storage::disk
