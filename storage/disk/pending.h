// What has been asked for and is not committed yet: a queue for the writing thread, and for whoever looks a key up, so
// that it sees what was done before. Also erasures that could not be made (`denied`): what they select is not served
// until they are.
//
// Bounds. Stores are bounded by their bytes, and skipped beyond that. Erasures that wait or are denied are bounded by
// number and bytes; beyond that the content is sealed: nothing of it may be served, nothing is taken, and the writing
// thread is to drop it.
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
    enum class Taken {
        yes,
        skipped,
        failed,
        denied,
        seals,   // an erasure beyond the bound: from now on the content is sealed
        sealed,  // an erasure of what is sealed, or one more dry run than can wait
    };

    struct Bounds {
        std::size_t erasures = 0;
        std::uint64_t erasure_bytes = 0;
    };
    Pending(std::uint64_t most_bytes, Bounds bounds) : bounds_(bounds), most_bytes_(most_bytes) {}

    Taken offer(const OperationPtr&);
    void set_most_bytes(std::uint64_t);
    void set_mode(Mode);
    Mode mode() const;

    // For the writing thread. Waits for the first operation at most until `until`, then for more at most `linger`, but
    // not when one is there that someone waits for. At most so many, of so many bytes, but one at least.
    std::vector<OperationPtr> take(std::chrono::steady_clock::time_point until, std::chrono::milliseconds linger,
                                   std::size_t at_most, std::uint64_t most_bytes);
    void wake();
    // It is committed, or given up. Its permit is let go of, but for those that seen() has given out.
    void settle(const OperationPtr&);
    bool empty() const;
    std::uint64_t bytes() const;

    // What concerns a key, in order: its stores, and all erasures.
    struct Change {
        OperationPtr operation;
        PermitPtr permit;  // of a store
    };
    struct Seen {
        bool sealed = false;
        std::vector<OperationPtr> denied;
        std::vector<Change> changes;
    };
    Seen seen(const KeyHash&) const;
    // All stores that are under way.
    std::vector<OperationPtr> stores() const;

    // It could not be made. Whether it waited or not.
    void deny(OperationPtr);
    std::vector<OperationPtr> denied() const;
    bool sealed() const;
    // The first of those that are denied are made.
    void made(std::size_t count);
    // The content that erasures were denied for is gone.
    void forget_denied();

  private:
    void deny_locked(OperationPtr);
    bool too_many(const Operation& more) const;
    void seal();

    const Bounds bounds_;

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
    std::uint64_t erasure_bytes_ = 0;  // of both
    bool sealed_ = false;
    bool urgent_ = false;
    bool woken_ = false;
    bool idle_ = false;
};

}  // namespace larder::storage::disk
