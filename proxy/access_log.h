// The access log: JSON, one line a request. Workers hand in lines; one thread writes them, so that a slow or full
// target never delays a request. What does not fit into `capacity` bytes while the target is slow is dropped and
// counted.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace larder::proxy {

class AccessLog {
  public:
    // "-": stdout; "off"; or a file, appended to. Throws std::runtime_error if it cannot be opened.
    explicit AccessLog(const std::string& target, std::size_t capacity = 8 << 20);
    ~AccessLog();  // writes what is left

    bool on() const { return thread_.joinable(); }
    // A file that was moved away is made anew: lines handed in from now on go there. False: it cannot be opened, and
    // the old one stays. Nothing is lost, and nothing happens for stdout. One thread at a time.
    bool reopen();
    void write(std::string_view line);  // any thread; one whole line, with its end
    std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

  private:
    struct Target {
        int descriptor;
        std::size_t from;  // of pending_: what was there before goes to the target before
    };

    int open_target() const;
    void run();
    bool write_all(std::string_view text);
    void write_or_count(std::string_view text);

    const std::string target_;
    int descriptor_ = -1;  // the log's thread, once that runs
    bool owned_ = false;
    const std::size_t capacity_;
    std::atomic<std::uint64_t> dropped_{0};

    std::mutex mutex_;
    std::condition_variable ready_;
    std::string pending_;       // under mutex_
    std::vector<Target> next_;  // under mutex_
    bool stopping_ = false;     // under mutex_
    std::thread thread_;
};

}  // namespace larder::proxy
