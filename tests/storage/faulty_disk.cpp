#include "tests/storage/faulty_disk.h"

#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <mutex>

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace larder::storage::faulty_disk {
namespace {

std::mutex mutex;
std::condition_variable changed;
unsigned until_failure = 0;  // under mutex, as all below; 0: none
unsigned failures_left = 0;
bool has_failed = false;
bool hanging = false;
bool files_stay = false;

bool of_data(int file) {
    char path[64], target[4096];
    std::snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    const ssize_t size = ::readlink(path, target, sizeof target - 1);
    if (size <= 0) return false;
    target[size] = 0;
    return std::strstr(target, "data.mdb") != nullptr;
}

// False: it fails.
bool may_write(int file) {
    std::unique_lock lock(mutex);
    if (!hanging && until_failure == 0) return true;
    if (!of_data(file)) return true;
    changed.wait(lock, [] { return !hanging; });
    if (until_failure == 0) return true;
    if (until_failure > 1) {
        --until_failure;
        return true;
    }
    has_failed = true;
    if (--failures_left == 0) until_failure = 0;
    errno = EIO;
    return false;
}

}  // namespace

bool may_remove(const char* path) {
    const std::lock_guard lock(mutex);
    if (!files_stay || !std::strstr(path, "data.mdb")) return true;
    errno = EACCES;
    return false;
}

bool fail(unsigned nth, unsigned times) {
    const std::lock_guard lock(mutex);
    until_failure = nth;
    failures_left = times;
    const bool failed = has_failed;
    has_failed = false;
    return failed;
}

void hang() {
    const std::lock_guard lock(mutex);
    hanging = true;
}

void resume() {
    const std::lock_guard lock(mutex);
    hanging = false;
    changed.notify_all();
}

void keep_files(bool keep) {
    const std::lock_guard lock(mutex);
    files_stay = keep;
}

}  // namespace larder::storage::faulty_disk

// LMDB's library finds these before the C library's.
using larder::storage::faulty_disk::may_remove;
using larder::storage::faulty_disk::may_write;

extern "C" {

ssize_t pwrite(int file, const void* bytes, std::size_t size, off_t at) {
    return may_write(file) ? ::syscall(SYS_pwrite64, file, bytes, size, at) : -1;
}
ssize_t pwrite64(int file, const void* bytes, std::size_t size, off_t at) {
    return may_write(file) ? ::syscall(SYS_pwrite64, file, bytes, size, at) : -1;
}
ssize_t writev(int file, const iovec* pieces, int count) {
    return may_write(file) ? ::syscall(SYS_writev, file, pieces, count) : -1;
}
int fdatasync(int file) {
    return may_write(file) ? static_cast<int>(::syscall(SYS_fdatasync, file)) : -1;
}
int unlink(const char* path) {
    return may_remove(path) ? static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, 0)) : -1;
}
int rename(const char* from, const char* to) {
    return may_remove(from) ? static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0)) : -1;
}
int fsync(int file) {
    return may_write(file) ? static_cast<int>(::syscall(SYS_fsync, file)) : -1;
}
}
