// LMDB in C++: transactions and cursors that end with their scope, and failures that are thrown. The only header that
// shows LMDB; it is included by .cpp files of this folder alone.
//
// A transaction belongs to the thread that began it. What get() and cursors return points into the map and is valid
// until the transaction writes or ends: copy what is to live longer.
#pragma once

#include <lmdb.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace larder::storage::disk {

class Environment;

using Bytes = std::string_view;

// LMDB's or the system's error, mdb_strerror() as what().
class Failure : public std::runtime_error {
  public:
    explicit Failure(int reason) : std::runtime_error(mdb_strerror(reason)), code(reason) {}
    // The file does not hold what LMDB wrote: nothing in it can be relied upon.
    // LMDB's own codes are negative; of those only these come of other things.
    bool corrupt() const {
        return code < 0 && code != MDB_MAP_FULL && code != MDB_TXN_FULL && code != MDB_READERS_FULL &&
               code != MDB_MAP_RESIZED;
    }
    const int code;
};

inline void check(int code) {
    if (code != MDB_SUCCESS) throw Failure(code);
}

class Transaction {
  public:
    enum class Mode { read, write };

    Transaction(Environment&, Mode);
    ~Transaction();  // gives up what was not committed
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;

    void commit();

    std::optional<Bytes> get(MDB_dbi table, Bytes key);
    void put(MDB_dbi table, Bytes key, Bytes value);
    // Faster, and fills the pages, where keys grow; any other key will do too.
    void append(MDB_dbi table, Bytes key, Bytes value);
    char* append(MDB_dbi table, Bytes key, std::size_t size);  // to be filled before the next call
    bool erase(MDB_dbi table, Bytes key);
    // Before a value that may have pages of its own is erased: LMDB frees as many as the first one's head says; if that
    // is damaged, for hours.
    void check_page(Bytes value) const;
    MDB_stat stat(MDB_dbi table);
    std::uint64_t entries(MDB_dbi table) { return stat(table).ms_entries; }
    bool changed() const { return changed_; }

  private:
    friend class Cursor;
    Environment& environment_;
    const Mode mode_;
    MDB_txn* handle_ = nullptr;
    bool changed_ = false;
};

// Walks upwards. A tree that is damaged may be a circle: a key that is not above the last one is a Failure.
class Cursor {
  public:
    Cursor(Transaction&, MDB_dbi table);
    ~Cursor() { mdb_cursor_close(handle_); }
    Cursor(const Cursor&) = delete;
    Cursor& operator=(const Cursor&) = delete;

    // Each tells whether there is an entry.
    bool first() { return move(nullptr, MDB_FIRST); }
    bool last() { return move(nullptr, MDB_LAST); }
    bool seek(Bytes key) { return move(&key, MDB_SET_RANGE); }  // at the key or behind it
    bool next();

    Bytes key() const { return {static_cast<const char*>(key_.mv_data), key_.mv_size}; }
    Bytes value() const { return {static_cast<const char*>(value_.mv_data), value_.mv_size}; }

  private:
    bool move(const Bytes* key, MDB_cursor_op);

    MDB_cursor* handle_ = nullptr;
    MDB_val key_{};
    MDB_val value_{};
    std::string before_;
};

}  // namespace larder::storage::disk
