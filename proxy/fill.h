// One fetch from upstream that will be stored, and those who follow it: the client that began it, and every other one
// that asks for the same key meanwhile. One producer puts in a head and body pieces as they arrive; each follower takes
// them at its own speed; none waits for another.
//
// While the body is kept whole (it is to be stored) the producer never waits. Once it is not (too large, or no room),
// only a window of it is kept: the producer waits for the fastest follower, and a follower that falls out of the window
// is cut.
//
// Any thread; a follower belongs to one coroutine.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "policy/tickets.h"
#include "proxy/problem.h"
#include "proxy/wakeup.h"
#include "storage/object.h"

namespace larder::proxy {

class Fill : public std::enable_shared_from_this<Fill> {
  public:
    enum class State {
        awaiting_head,
        unshared,   // what came is not for others: go on your own
        streaming,  // the head is there, the body arrives
        complete,   // `object` is whole
        failed,     // no head came: `problem`
        broken,     // the body broke off
    };

    explicit Fill(std::uint64_t window, std::string key = {}) : window_(window), key_(std::move(key)) {}
    ~Fill();

    const std::string& key() const { return key_; }

    struct Progress {
        State state = State::awaiting_head;
        // From `streaming` on: the response without its body; from `complete` on with it.
        storage::ObjectPtr object;
        std::optional<std::uint64_t> length;  // of the body, if it is known
        Problem problem;
        bool overtaken = false;  // an invalidation came in between: only for those who asked before it
    };
    Progress progress() const;

    // --- the producer
    // The fetch has begun. 0 until then.
    void set_ticket(policy::Sequence ticket) { ticket_.store(ticket); }
    policy::Sequence ticket() const { return ticket_.load(); }
    void unshare();
    void fail(const Problem& problem);
    void begin(storage::ObjectPtr head, std::optional<std::uint64_t> length);
    // `quietly`: nobody is told, since complete() follows at once.
    void append(storage::Body::Piece piece, bool quietly = false);
    void stop_keeping();
    void overtaken();
    void complete(storage::ObjectPtr object);
    void break_off();
    // All of the body so far; only while it is kept.
    std::shared_ptr<storage::Body> body() const { return body_; }
    std::size_t followers() const;
    // Waits until the fastest follower is near enough, after stop_keeping(). False: nobody follows any more.
    Task<bool> room(Wakeup& wakeup);

    // --- a follower
    class Follower {
      public:
        // At most `most` may follow; `joined()` says whether this one may.
        Follower(std::shared_ptr<Fill>, Executor, std::size_t most);
        ~Follower();
        Follower(const Follower&) = delete;
        Follower& operator=(const Follower&) = delete;

        bool joined() const { return joined_; }
        Wakeup& wakeup() { return wakeup_; }
        Fill& fill() { return *fill_; }

        struct Next {
            std::vector<storage::Body::Piece> pieces;  // in order; shared with the fill
            bool end = false;                          // and this is all
            bool cut = false;                          // broken, or out of the window: nothing more will come
        };
        // What has arrived since the last call, at most about `most` bytes. Nothing, and no end: wait on wakeup().
        Next next(std::size_t most);

      private:
        friend class Fill;
        std::shared_ptr<Fill> fill_;
        Wakeup wakeup_;
        bool joined_ = false;
        std::uint64_t position_ = 0;  // under the fill's mutex
        std::uint64_t piece_ = 0;     // the number of the next piece; under the fill's mutex
    };

  private:
    void notify();                  // under mutex_
    void drop_passed();             // under mutex_
    std::uint64_t fastest() const;  // under mutex_

    const std::uint64_t window_;
    const std::string key_;
    std::atomic<policy::Sequence> ticket_{0};
    // Grows while it is kept; readers share its pieces, not the vector.
    std::shared_ptr<storage::Body> body_;

    mutable std::mutex mutex_;
    Progress progress_;                         // under mutex_
    std::vector<storage::Body::Piece> pieces_;  // under mutex_: those not dropped yet
    std::uint64_t first_piece_ = 0;             // under mutex_: the number of pieces_[0]
    std::uint64_t produced_ = 0;                // under mutex_
    bool keeping_ = true;                       // under mutex_
    std::vector<Follower*> followers_;          // under mutex_
    Wakeup* producer_ = nullptr;                // under mutex_
};

}  // namespace larder::proxy
