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
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "policy/tickets.h"
#include "proxy/clock.h"
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

    // `rules`: under which it was begun; only compared.
    explicit Fill(std::uint64_t window, std::string key = {}, const void* rules = nullptr)
        : window_(window), key_(std::move(key)), rules_(rules) {}
    ~Fill();

    // It was begun for this key, under these rules.
    const std::string& key() const { return key_; }
    bool serves(std::string_view key, const void* rules) const { return key_ == key && rules_ == rules; }

    struct Progress {
        State state = State::awaiting_head;
        // From `streaming` on: the response without its body; from `complete` on with it.
        storage::ObjectPtr object;
        std::optional<std::uint64_t> length;  // of the body, if it is known
        Problem problem;
        bool overtaken = false;  // only for those who have begun to stream it: an invalidation came in between, or
                                 // not all of it will be kept
        // When the origin was asked: for requests that came before it is as good as an answer of their own.
        Steady::time_point asked = Steady::time_point::min();
        bool kept = true;            // the whole body is kept
        std::uint64_t produced = 0;  // bytes of it that have come
    };
    Progress progress() const;

    // --- the producer
    // The fetch begins.
    void begin_fetch(policy::Sequence ticket, Steady::time_point now);
    // 0 until then.
    policy::Sequence ticket() const { return ticket_.load(); }
    void unshare();
    void fail(const Problem& problem);
    void begin(storage::ObjectPtr head, std::optional<std::uint64_t> length);
    // `quietly`: nobody is told, since complete() follows at once. Pieces that continue one another become one of the
    // body.
    void append(storage::Body::Piece piece, bool quietly = false);
    void stop_keeping();
    void overtaken();
    void complete(storage::ObjectPtr object);
    void break_off();
    // All of the body so far; only while it is kept.
    std::shared_ptr<storage::Body> body() const { return body_; }
    std::size_t followers() const;
    // Waits until the fastest follower is at most so far behind, after stop_keeping(). False: nobody follows any more.
    // A follower ends by the deadline of its own client, so the wait does.
    Task<bool> room(Wakeup& wakeup, std::uint64_t behind);
    std::uint64_t window() const { return window_; }
    // Bytes of the body that neither a layer holds nor the producer still needs.
    std::uint64_t pinned() const;

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
            bool kept = true;                          // by the fill too, for a layer
        };
        // What has arrived since the last call, at most about `most` bytes. Nothing, and no end: wait on wakeup().
        Next next(std::size_t most);

      private:
        friend class Fill;
        std::shared_ptr<Fill> fill_;
        Wakeup wakeup_;
        bool joined_ = false;
        std::uint64_t position_ = 0;  // under the fill's mutex
    };

  private:
    struct Placed {
        std::uint64_t begin = 0;  // in the body
        storage::Body::Piece piece;
        std::uint64_t end() const { return begin + piece.size; }
    };
    // Of what is not dropped; under mutex_.
    std::uint64_t first() const { return pieces_.empty() ? progress_.produced : pieces_.front().begin; }
    void notify();                  // under mutex_
    void drop_passed();             // under mutex_
    std::uint64_t fastest() const;  // under mutex_

    const std::uint64_t window_;
    const std::string key_;
    const void* const rules_;
    std::atomic<policy::Sequence> ticket_{0};
    // Grows while it is kept; readers share its pieces, not the vector.
    std::shared_ptr<storage::Body> body_;

    mutable std::mutex mutex_;
    Progress progress_;                 // under mutex_
    std::deque<Placed> pieces_;         // under mutex_: those not dropped yet, one behind the other
    std::vector<Follower*> followers_;  // under mutex_
    Wakeup* producer_ = nullptr;        // under mutex_
};

}  // namespace larder::proxy
