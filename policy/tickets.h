// A fetch that began before an invalidation must not undo it.
//
// Every fetch takes a ticket when it begins, and every invalidation takes a number from the same counter. An
// invalidation is kept as long as a fetch with an older ticket is under way; wherever an object becomes visible (store,
// 304 refresh, promotion into a faster layer) the layer asks permits() under the lock that makes it visible. The order
// is: the invalidation is entered here first, then applied to the layers, then answered; so a store either sees it here
// or is found by it there. Numbers are a counter, never a time.
//
// Tickets are also the order of fetches: of two responses for one key the one whose fetch began later wins.
//
// All of it: any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "storage/layer.h"

namespace larder::policy {

class Invalidation;

using Sequence = std::uint64_t;

class Tickets final : public storage::Gate {
  public:
    // At most `backlog` invalidations are kept. When more would be needed, every fetch that is under way is refused
    // instead: an entry is never dropped.
    // Numbers begin behind `first`: where objects outlive the process, behind all that it ever gave out.
    explicit Tickets(std::size_t backlog, Sequence first = 0) : backlog_(backlog), counter_(first) {}

    void change_backlog(std::size_t backlog);

    // Held from before the request goes upstream until what came of it is visible or given up.
    class Ticket {
      public:
        Ticket() = default;
        Ticket(Ticket&& other) noexcept
            : tickets_(std::exchange(other.tickets_, nullptr)), sequence_(other.sequence_) {}
        Ticket& operator=(Ticket&& other) noexcept {
            if (this != &other) {
                reset();
                tickets_ = std::exchange(other.tickets_, nullptr);
                sequence_ = other.sequence_;
            }
            return *this;
        }
        ~Ticket() { reset(); }
        Sequence sequence() const { return sequence_; }
        void reset();

      private:
        friend class Tickets;
        Ticket(Tickets* tickets, Sequence sequence) : tickets_(tickets), sequence_(sequence) {}
        Tickets* tickets_ = nullptr;
        Sequence sequence_ = 0;
    };

    Ticket begin();

    // Held from before an invalidation is applied to the layers until it is applied to all of them.
    class Applying {
      public:
        Applying(Applying&& other) noexcept
            : tickets_(std::exchange(other.tickets_, nullptr)), sequence_(other.sequence_) {}
        Applying& operator=(Applying&&) = delete;
        ~Applying() { reset(); }
        void reset();

      private:
        friend class Tickets;
        Applying(Tickets* tickets, Sequence sequence) : tickets_(tickets), sequence_(sequence) {}
        Tickets* tickets_;
        Sequence sequence_;
    };

    // Numbers the invalidation and makes it count. To be called before it is applied to any layer; what comes back is
    // to live until it is applied.
    Applying enter(const std::shared_ptr<Invalidation>&);

    bool permits(const storage::KeyView& key, const storage::Object& object) const override;

    // The same, but for the invalidations with these numbers: who made them knows that the object came after them.
    bool permits(const storage::KeyView& key, const storage::Object& object, const std::vector<Sequence>& but) const;

    // May a request that starts now still have what a fetch that began as `ticket` will bring?
    bool joinable(const storage::KeyView& key, const std::string& strategy_name, Sequence ticket) const;

    std::size_t kept() const;
    std::size_t outstanding() const;

  private:
    // `applied` 0: not yet.
    struct Entry {
        std::shared_ptr<Invalidation> invalidation;
        Sequence applied = 0;
    };

    void end(Sequence);
    void applied(Sequence);
    void prune();  // under mutex_

    // The newest invalidation's number: what most stores compare with, without the lock.
    std::atomic<Sequence> newest_{0};

    mutable std::mutex mutex_;
    std::size_t backlog_;             // under mutex_
    Sequence counter_;                // under mutex_
    std::set<Sequence> outstanding_;  // under mutex_
    std::vector<Entry> entries_;      // under mutex_, oldest first
    unsigned applying_ = 0;           // under mutex_
    Sequence refuse_before_ = 0;      // under mutex_
};

}  // namespace larder::policy
