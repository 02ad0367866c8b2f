// What has been asked for and is not committed yet: a queue for the writing thread, and for whoever looks a key up, so
// that it sees what was done before. Also erasures that could not be made (`denied`): what they select is not served
// until they are.
//
// Any thread. Selections are called without the lock.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "storage/disk/operation.h"

namespace larder::storage::disk {

class Pending {
  public:
    // What becomes of an operation that is offered now.
    enum class Mode {
        waiting,   // the directory is another process's: stores are skipped, erasures denied
        writing,   // taken
        failing,   // not for some time: stores fail, erasures are taken
        finished,  // given up: stores are skipped, erasures too
    };
    enum class Taken { yes, skipped, failed, denied };

    Pending(std::uint64_t most_bytes, std::size_t most_denied) : most_denied_(most_denied), most_bytes_(most_bytes) {}

    Taken offer(const OperationPtr&);
    void set_most_bytes(std::uint64_t);
    void set_mode(Mode);
    Mode mode() const;

    // For the writing thread. Waits for the first operation at most until `until`, then for more at most `linger`, but
    // not when one is there that someone waits for. At most so many, of so many bytes, but one at least.
    std::vector<OperationPtr> take(std::chrono::steady_clock::time_point until, std::chrono::milliseconds linger,
                                   std::size_t at_most, std::uint64_t most_bytes);
    void wake();
    // It is committed, or given up.
    void settle(const OperationPtr&);
    bool empty() const;
    std::uint64_t bytes() const;

    // What concerns a key, in order: its stores, and all erasures.
    struct Seen {
        std::vector<OperationPtr> denied;
        std::vector<OperationPtr> operations;
    };
    Seen seen(const KeyHash&) const;
    // All stores that are under way.
    std::vector<OperationPtr> stores() const;

    void deny(OperationPtr);
    std::vector<OperationPtr> denied() const;
    // There were more than are kept: everything has to go.
    bool denied_overflow() const;
    // Those are made.
    void made(std::size_t count);
    void forget_denied();

  private:
    void deny_locked(OperationPtr);

    const std::size_t most_denied_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t most_bytes_;  // under mutex_, as all below
    Mode mode_ = Mode::waiting;
    std::uint64_t sequence_ = 0;
    std::uint64_t bytes_ = 0;
    std::deque<OperationPtr> queue_;
    std::unordered_map<KeyHash, std::vector<OperationPtr>> stores_;  // until they are settled
    std::deque<OperationPtr> erasures_;                              // until they are settled
    std::vector<OperationPtr> denied_;
    bool denied_overflow_ = false;
    bool urgent_ = false;
    bool woken_ = false;
    bool idle_ = false;
};

}  // namespace larder::storage::disk
