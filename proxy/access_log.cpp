#include "proxy/access_log.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace larder::proxy {
namespace {

std::uint64_t lines(std::string_view text) {
    return static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

AccessLog::AccessLog(const std::string& target, std::size_t capacity) : target_(target), capacity_(capacity) {
    if (target == "off") return;
    if (target == "-") {
        descriptor_ = STDOUT_FILENO;
    } else {
        descriptor_ = open_target();
        if (descriptor_ < 0) {
            throw std::runtime_error("access_log: cannot open " + target + ": " + std::strerror(errno) +
                                     "; name a file in a directory that Larder may write to, - or off");
        }
        owned_ = true;
    }
    thread_ = std::thread([this] { run(); });
}

int AccessLog::open_target() const {
    return ::open(target_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

bool AccessLog::reopen() {
    if (!owned_) return true;
    const int next = open_target();
    if (next < 0) return false;
    {
        const std::lock_guard lock(mutex_);
        next_.push_back({next, pending_.size()});
    }
    ready_.notify_one();
    return true;
}

AccessLog::~AccessLog() {
    if (thread_.joinable()) {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        ready_.notify_one();
        thread_.join();
    }
    if (owned_) ::close(descriptor_);
    for (const Target& next : next_) ::close(next.descriptor);
}

void AccessLog::write(std::string_view line) {
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        if (pending_.size() + line.size() > capacity_) {
            dropped_.fetch_add(1, std::memory_order_relaxed);
            return;
        }
        first = pending_.empty();
        pending_ += line;
    }
    if (first) ready_.notify_one();
}

// Waits for a slow target, but not once the log is to end.
bool AccessLog::write_all(std::string_view rest) {
    while (!rest.empty()) {
        pollfd ready{descriptor_, POLLOUT, 0};
        if (::poll(&ready, 1, 100) <= 0) {
            const std::lock_guard lock(mutex_);
            if (stopping_) return false;
            continue;
        }
        // No more than a pipe that is ready takes without blocking.
        const ssize_t written = ::write(descriptor_, rest.data(), std::min<std::size_t>(rest.size(), PIPE_BUF));
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

void AccessLog::write_or_count(std::string_view text) {
    if (!write_all(text)) dropped_.fetch_add(lines(text), std::memory_order_relaxed);
}

void AccessLog::run() {
    std::string batch;
    for (;;) {
        bool stopping = false;
        std::vector<Target> next;
        {
            std::unique_lock lock(mutex_);
            ready_.wait(lock, [&] { return stopping_ || !next_.empty() || !pending_.empty(); });
            batch.clear();
            std::swap(batch, pending_);
            stopping = stopping_;
            std::swap(next, next_);
        }
        std::size_t done = 0;
        for (const Target& target : next) {
            write_or_count(std::string_view(batch).substr(done, target.from - done));
            done = target.from;
            ::close(descriptor_);
            descriptor_ = target.descriptor;
        }
        write_or_count(std::string_view(batch).substr(done));
        if (stopping && batch.empty()) return;
        if (stopping) {
            const std::lock_guard lock(mutex_);
            if (pending_.empty()) return;
        }
    }
}

}  // namespace larder::proxy
