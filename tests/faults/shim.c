// Faults of a disk, for LD_PRELOAD: calls on files whose path contains a text are delayed, cut short or failed.
//
//   LARDER_SHIM_PATH    the text; without it nothing happens
//   LARDER_SHIM_CALLS   which, of: pwrite pwritev write writev fdatasync fsync msync sync_file_range, and dsync for
//                       writes to what was opened with O_DSYNC; default: all of them
//   LARDER_SHIM_DELAY   milliseconds that each takes longer
//   LARDER_SHIM_ERRNO   number of the error that it ends with
//   LARDER_SHIM_SHORT   1: writes take half of what they are given
//   LARDER_SHIM_NTH     only the n-th of these calls of the process; 0 or unset: every one
//   LARDER_SHIM_SWITCH  a file: only while it exists, and only these are counted
//   LARDER_SHIM_TALLY   a file that gets one byte for each fault
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum verdict { pass, fail, cut };

static atomic_long calls;

static long number(const char* name) {
    const char* text = getenv(name);
    return text ? atol(text) : 0;
}

static int path_of(int fd, char* path, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    const ssize_t length = readlink(link, path, size - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return 1;
}

static int wanted(const char* call) {
    const char* list = getenv("LARDER_SHIM_CALLS");
    const size_t length = strlen(call);
    if (!list || !*list) return 1;
    for (const char* at = list; (at = strstr(at, call)); at += length) {
        const int begins = at == list || at[-1] == ',';
        if (begins && (at[length] == 0 || at[length] == ',')) return 1;
    }
    return 0;
}

static void tally(void) {
    const char* name = getenv("LARDER_SHIM_TALLY");
    const int fd = name ? open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (fd < 0) return;
    syscall(SYS_write, fd, ".", 1);
    close(fd);
}

// What is to become of a call; errno is set for `fail`.
static enum verdict judge(const char* call, int fd, int writes) {
    const int before = errno;
    const char* text = getenv("LARDER_SHIM_PATH");
    const char* switched = getenv("LARDER_SHIM_SWITCH");
    char path[4096];
    if (!text || !*text || (switched && access(switched, F_OK) != 0)) goto passed;
    const int flags = writes ? fcntl(fd, F_GETFL) : 0;
    if (!wanted(call) && !(writes && flags >= 0 && (flags & O_DSYNC) && wanted("dsync"))) goto passed;
    if (!path_of(fd, path, sizeof path) || !strstr(path, text)) goto passed;
    const long nth = number("LARDER_SHIM_NTH");
    if (atomic_fetch_add(&calls, 1) + 1 != nth && nth > 0) goto passed;
    tally();
    const long delay = number("LARDER_SHIM_DELAY");
    struct timespec rest = {delay / 1000, delay % 1000 * 1000000};
    while (delay > 0 && nanosleep(&rest, &rest) != 0) {}
    const long error = number("LARDER_SHIM_ERRNO");
    if (error > 0) {
        errno = (int)error;
        return fail;
    }
    if (writes && number("LARDER_SHIM_SHORT")) return cut;
passed:
    errno = before;
    return pass;
}

static size_t half(size_t count) {
    return count > 1 ? count / 2 : count;
}

// The system calls themselves, not dlsym(RTLD_NEXT): nothing else that is interposed can lead back here.
ssize_t pwrite64(int fd, const void* data, size_t count, off64_t at) {
    const enum verdict verdict = judge("pwrite", fd, 1);
    return verdict == fail ? -1 : syscall(SYS_pwrite64, fd, data, verdict == cut ? half(count) : count, at);
}

ssize_t pwrite(int fd, const void* data, size_t count, off_t at) {
    return pwrite64(fd, data, count, at);
}

ssize_t write(int fd, const void* data, size_t count) {
    const enum verdict verdict = judge("write", fd, 1);
    return verdict == fail ? -1 : syscall(SYS_write, fd, data, verdict == cut ? half(count) : count);
}

ssize_t pwritev64(int fd, const struct iovec* parts, int count, off64_t at) {
    const enum verdict verdict = judge("pwritev", fd, 1);
    if (verdict == fail) return -1;
    if (verdict == cut) return syscall(SYS_pwrite64, fd, parts[0].iov_base, half(parts[0].iov_len), at);
    return syscall(SYS_pwritev, fd, parts, count, at, 0L);
}

ssize_t pwritev(int fd, const struct iovec* parts, int count, off_t at) {
    return pwritev64(fd, parts, count, at);
}

ssize_t writev(int fd, const struct iovec* parts, int count) {
    const enum verdict verdict = judge("writev", fd, 1);
    if (verdict == fail) return -1;
    if (verdict == cut) return syscall(SYS_write, fd, parts[0].iov_base, half(parts[0].iov_len));
    return syscall(SYS_writev, fd, parts, count);
}

int fdatasync(int fd) {
    return judge("fdatasync", fd, 0) == fail ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd) {
    return judge("fsync", fd, 0) == fail ? -1 : (int)syscall(SYS_fsync, fd);
}

int sync_file_range(int fd, off64_t at, off64_t count, unsigned flags) {
    return judge("sync_file_range", fd, 0) == fail ? -1 : (int)syscall(SYS_sync_file_range, fd, at, count, flags);
}

// msync names an address: the file that is mapped there is looked up by opening it under its name.
int msync(void* address, size_t length, int flags) {
    FILE* maps = fopen("/proc/self/maps", "re");
    char line[4352];
    int fd = -1;
    while (maps && fgets(line, sizeof line, maps)) {
        unsigned long from = 0, to = 0;
        if (sscanf(line, "%lx-%lx", &from, &to) != 2 || (unsigned long)address < from || (unsigned long)address >= to) continue;
        char* name = strchr(line, '/');
        if (name) {
            name[strcspn(name, "\n")] = 0;
            fd = open(name, O_PATH | O_CLOEXEC);
        }
        break;
    }
    if (maps) fclose(maps);
    const enum verdict verdict = judge("msync", fd, 0);
    const int error = errno;
    if (fd >= 0) close(fd);
    errno = error;
    return verdict == fail ? -1 : (int)syscall(SYS_msync, address, length, flags);
}
