#include "storage/disk/damage.h"

#include <cerrno>
#include <csignal>
#include <mutex>

#include <fcntl.h>
#include <unistd.h>

namespace larder::storage::disk {

namespace {

thread_local const char* marker = nullptr;

struct sigaction before_segv;
struct sigaction before_bus;

// Back in the faulting instruction it strikes again, and what was installed before gets it.
void strike(int signal) {
    const int error = errno;
    mark_damage();
    sigaction(signal, signal == SIGSEGV ? &before_segv : &before_bus, nullptr);
    errno = error;
}

}  // namespace

void watch_for_damage() {
    static std::once_flag once;
    std::call_once(once, [] {
        struct sigaction action = {};
        action.sa_handler = strike;
        sigemptyset(&action.sa_mask);
        sigaction(SIGSEGV, &action, &before_segv);
        sigaction(SIGBUS, &action, &before_bus);
    });
}

void watch_this_thread(const char* marker_path) {
    marker = marker_path;
}

void mark_damage() {
    if (!marker) return;
    const int made = ::open(marker, O_CREAT | O_WRONLY | O_CLOEXEC, 0640);
    if (made >= 0) ::close(made);
}

}  // namespace larder::storage::disk
