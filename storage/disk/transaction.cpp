#include "storage/disk/transaction.h"

#include <cstring>

#include "storage/disk/damage.h"
#include "storage/disk/environment.h"

namespace larder::storage::disk {

namespace {

MDB_val value_of(Bytes bytes) {
    return {bytes.size(), const_cast<char*>(bytes.data())};
}

}  // namespace

Transaction::Transaction(Environment& environment, Mode mode) : environment_(environment), mode_(mode) {
    watch_this_thread(environment.damage_marker());
    try {
        if (mode == Mode::read) {
            handle_ = environment.take_snapshot();
        } else {
            check(mdb_txn_begin(environment.handle(), nullptr, 0, &handle_));
        }
    } catch (...) {
        watch_this_thread(nullptr);
        throw;
    }
}

Transaction::~Transaction() {
    if (handle_ && mode_ == Mode::read) environment_.give_snapshot(handle_);
    if (handle_ && mode_ == Mode::write) mdb_txn_abort(handle_);
    watch_this_thread(nullptr);
}

void Transaction::commit() {
    MDB_txn* const handle = handle_;
    handle_ = nullptr;  // gone, whatever comes of it
    check(mdb_txn_commit(handle));
}

std::optional<Bytes> Transaction::get(MDB_dbi table, Bytes key) {
    MDB_val name = value_of(key), value;
    const int code = mdb_get(handle_, table, &name, &value);
    if (code == MDB_NOTFOUND) return std::nullopt;
    check(code);
    return Bytes(static_cast<const char*>(value.mv_data), value.mv_size);
}

void Transaction::put(MDB_dbi table, Bytes key, Bytes value) {
    MDB_val name = value_of(key), content = value_of(value);
    changed_ = true;
    check(mdb_put(handle_, table, &name, &content, 0));
}

void Transaction::append(MDB_dbi table, Bytes key, Bytes value) {
    MDB_val name = value_of(key), content = value_of(value);
    changed_ = true;
    const int code = mdb_put(handle_, table, &name, &content, MDB_APPEND);
    if (code == MDB_KEYEXIST) return put(table, key, value);
    check(code);
}

char* Transaction::append(MDB_dbi table, Bytes key, std::size_t size) {
    MDB_val name = value_of(key), content{size, nullptr};
    changed_ = true;
    int code = mdb_put(handle_, table, &name, &content, MDB_APPEND | MDB_RESERVE);
    if (code == MDB_KEYEXIST) {
        if (const auto before = get(table, key)) check_page(*before);
        content = {size, nullptr};
        code = mdb_put(handle_, table, &name, &content, MDB_RESERVE);
    }
    check(code);
    return static_cast<char*>(content.mv_data);
}

void Transaction::check_page(Bytes value) const {
    constexpr std::size_t head_bytes = 16;
    const std::size_t page_bytes = environment_.page_bytes();
    if (value.size() <= page_bytes / 2) return;  // it may stand in a leaf, which holds two at least
    std::uint32_t pages;
    std::memcpy(&pages, value.data() - sizeof pages, sizeof pages);
    if (pages != (head_bytes + value.size() + page_bytes - 1) / page_bytes) throw Failure(MDB_CORRUPTED);
}

bool Transaction::erase(MDB_dbi table, Bytes key) {
    MDB_val name = value_of(key);
    const int code = mdb_del(handle_, table, &name, nullptr);
    if (code == MDB_NOTFOUND) return false;
    changed_ = true;
    check(code);
    return true;
}

MDB_stat Transaction::stat(MDB_dbi table) {
    MDB_stat figures;
    check(mdb_stat(handle_, table, &figures));
    return figures;
}

Cursor::Cursor(Transaction& transaction, MDB_dbi table) {
    check(mdb_cursor_open(transaction.handle_, table, &handle_));
}

bool Cursor::next() {
    before_.assign(key());
    if (!move(nullptr, MDB_NEXT)) return false;
    if (key() <= Bytes(before_)) throw Failure(MDB_CORRUPTED);
    return true;
}

bool Cursor::move(const Bytes* wanted, MDB_cursor_op operation) {
    if (wanted) key_ = value_of(*wanted);
    const int code = mdb_cursor_get(handle_, &key_, &value_, operation);
    if (code == MDB_NOTFOUND) return false;
    check(code);
    return true;
}

}  // namespace larder::storage::disk
