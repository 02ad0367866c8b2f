#include "storage/disk/environment.h"

#include <algorithm>
#include <cstring>
#include <iterator>

#include <unistd.h>

#include "storage/disk/damage.h"

namespace larder::storage::disk {

namespace {

constexpr std::uint64_t least_reserve = 64;  // pages
constexpr MDB_dbi free_list = 0, names = 1;  // LMDB's own tables

void on_failed_assertion(MDB_env*, const char*) {
    mark_damage();  // LMDB aborts next
}

}  // namespace

std::shared_lock<std::shared_mutex> Environment::enter() {
    { const std::lock_guard turn(turn_); }
    return std::shared_lock(access_);
}

std::unique_lock<std::shared_mutex> Environment::own() {
    const std::lock_guard turn(turn_);
    return std::unique_lock(access_);
}

void Environment::open(std::uint64_t max_bytes, bool read_only) {
    watch_this_thread(damage_marker());
    try {
        check(mdb_env_create(&handle_));
        check(mdb_env_set_assert(handle_, on_failed_assertion));
        check(mdb_env_set_maxdbs(handle_, std::size(table_names)));
        check(mdb_env_set_maxreaders(handle_, most_readers_));
        const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
        check(mdb_env_set_mapsize(handle_, std::max(max_bytes, least_bytes) / page * page));
        const unsigned flags = read_only ? MDB_RDONLY | MDB_NOTLS : MDB_NOTLS | MDB_NORDAHEAD | MDB_NOMETASYNC;
        check(mdb_env_open(handle_, directory_.path().c_str(), flags, 0640));

        MDB_txn* transaction = nullptr;
        check(mdb_txn_begin(handle_, nullptr, read_only ? MDB_RDONLY : 0, &transaction));
        MDB_dbi* const handles[] = {&tables_.meta,  &tables_.objects, &tables_.parts,      &tables_.keys,
                                    &tables_.paths, &tables_.tags,    &tables_.strategies, &tables_.resources,
                                    &tables_.fresh, &tables_.leaves,  &tables_.recency,    &tables_.unowned};
        int code = MDB_SUCCESS;
        for (std::size_t i = 0; i < std::size(table_names) && code == MDB_SUCCESS; ++i) {
            code = mdb_dbi_open(transaction, table_names[i], read_only ? 0 : MDB_CREATE, handles[i]);
        }
        if (code != MDB_SUCCESS) {
            mdb_txn_abort(transaction);
            throw Failure(code);
        }
        check(mdb_txn_commit(transaction));
        MDB_stat figures;
        check(mdb_env_stat(handle_, &figures));
        page_bytes_ = figures.ms_psize;
        bound(max_bytes);
        file_pages_ = 0;
        if (!read_only) {
            make_room_to_shrink();
            forget_dead_readers();
            extend_file();
        }
        check(mdb_env_get_fd(handle_, &file_));
        note_map();
    } catch (...) {
        close();
        watch_this_thread(nullptr);
        throw;
    }
    watch_this_thread(nullptr);
}

void Environment::close() {
    {
        const std::lock_guard lock(mutex_);
        for (MDB_txn* snapshot : snapshots_) mdb_txn_abort(snapshot);
        snapshots_.clear();
    }
    if (handle_) mdb_env_close(handle_);
    handle_ = nullptr;
}

void Environment::resize(std::uint64_t max_bytes) {
    MDB_envinfo info;
    check(mdb_env_info(handle_, &info));
    const std::uint64_t bytes = std::max(max_bytes, least_bytes) / page_bytes_ * page_bytes_;
    if (bytes > info.me_mapsize) check(mdb_env_set_mapsize(handle_, bytes));
    bound(max_bytes);
    note_map();
}

// LMDB does not tell where the map is. The first eight bytes of a page are its number, so any page does.
void Environment::note_map() {
    map_ = nullptr;
    MDB_envinfo info;
    check(mdb_env_info(handle_, &info));
    map_bytes_ = info.me_mapsize;
    if (page_bytes_ != static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))) return;
    Transaction transaction(*this, Transaction::Mode::read);
    const auto value = transaction.get(names, table_names[0]);
    if (!value) return;
    const auto address = reinterpret_cast<std::uintptr_t>(value->data());
    const char* const page = value->data() - address % page_bytes_;
    std::uint64_t number = 0;
    std::memcpy(&number, page, sizeof number);
    map_ = page - number * page_bytes_;
}

std::optional<std::uint64_t> Environment::place(Bytes value) const {
    const auto address = reinterpret_cast<std::uintptr_t>(value.data());
    const auto begin = reinterpret_cast<std::uintptr_t>(map_);
    if (!map_ || address < begin || address - begin + value.size() > map_bytes_) return std::nullopt;
    return address - begin;
}

void Environment::bound(std::uint64_t max_bytes) {
    map_pages_ = std::max(max_bytes, least_bytes) / page_bytes_;
    high_water_ = map_pages_ - std::max(least_reserve, map_pages_ * 15 / 100);
}

void Environment::make_room_to_shrink() {
    std::uint64_t used = 0;
    {
        Transaction transaction(*this, Transaction::Mode::read);
        used = used_pages(transaction);
    }
    if (used + reserve() / 2 <= map_pages_) return;
    MDB_envinfo info;
    check(mdb_env_info(handle_, &info));
    check(mdb_env_set_mapsize(handle_, (info.me_last_pgno + 1 + reserve()) * page_bytes_));
}

std::uint64_t Environment::used_pages(Transaction& transaction) const {
    const auto pages = [&](MDB_dbi table) {
        const MDB_stat figures = transaction.stat(table);
        return figures.ms_branch_pages + figures.ms_leaf_pages + figures.ms_overflow_pages;
    };
    std::uint64_t sum = 2 + pages(free_list) + pages(names);
    for (const MDB_dbi table :
         {tables_.meta, tables_.objects, tables_.parts, tables_.keys, tables_.paths, tables_.tags, tables_.strategies,
          tables_.resources, tables_.fresh, tables_.leaves, tables_.recency, tables_.unowned}) {
        sum += pages(table);
    }
    return sum;
}

void Environment::sync() {
    check(mdb_env_sync(handle_, 1));
}

void Environment::extend_file() {
    constexpr std::uint64_t ahead = 4096, least_ahead = 2048;  // pages; more than any transaction takes
    MDB_envinfo info;
    check(mdb_env_info(handle_, &info));
    if (file_pages_ >= std::min<std::uint64_t>(info.me_last_pgno + 1 + least_ahead, map_pages_)) return;
    const std::uint64_t pages = std::max<std::uint64_t>(
        info.me_last_pgno + 1, std::min<std::uint64_t>(info.me_last_pgno + 1 + ahead, map_pages_));
    if (directory_.extend_data(pages * page_bytes_)) file_pages_ = pages;
}

void Environment::forget_dead_readers() {
    int dead = 0;
    mdb_reader_check(handle_, &dead);
}

MDB_txn* Environment::take_snapshot() {
    MDB_txn* snapshot = nullptr;
    {
        const std::lock_guard lock(mutex_);
        if (!snapshots_.empty()) {
            snapshot = snapshots_.back();
            snapshots_.pop_back();
        }
    }
    if (!snapshot) {
        check(mdb_txn_begin(handle_, nullptr, MDB_RDONLY, &snapshot));
        return snapshot;
    }
    const int code = mdb_txn_renew(snapshot);
    if (code != MDB_SUCCESS) {
        mdb_txn_abort(snapshot);
        throw Failure(code);
    }
    return snapshot;
}

void Environment::give_snapshot(MDB_txn* snapshot) {
    mdb_txn_reset(snapshot);
    const std::lock_guard lock(mutex_);
    snapshots_.push_back(snapshot);
}

}  // namespace larder::storage::disk
