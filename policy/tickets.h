// A fetch that began before an invalidation must not undo it.
//
// Every operation that may make an object visible (a fetch; a lookup in a slower layer, which promotes what it finds)
// takes a ticket when it begins, and every invalidation takes a number from the same counter: when it is entered, and
// again when it has been applied to all layers. An invalidation counts for an operation unless it had been applied
// before that began: what the operation finds in a layer has older ones behind it, and what it fetches is newer. So an
// invalidation is kept as long as an operation with an older ticket is under way; wherever an object becomes visible
// (store, 304 refresh, promotion into a faster layer) or is answered from a layer, the ticket is asked: it is the
// storage::Permit of the operation. The order is: the invalidation is entered here first, then applied to the layers,
// then answered; so a store either sees it here or is found by it there. Numbers are a counter, never a time.
//
// Tickets are also the order of fetches: of two responses for one key the one whose fetch began later wins.
//
// Bounds. Invalidations that select the same are one entry, the newest; entries whose keys all have one path are looked
// up by that path. When there are more entries, or bytes, than the backlog allows, the oldest go, and with each go all
// operations that it counts for: they are refused everything. Nothing at rest is refused, nor what begins later.
//
// All of it: any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "storage/layer.h"

namespace larder::policy {

class Invalidation;

using Sequence = std::uint64_t;

class Tickets final {
  public:
    static constexpr std::uint64_t usual_bytes = 16 * config::MiB;

    // At most `backlog` invalidations of at most `backlog_bytes` are kept, beside those that are being applied.
    // Numbers begin behind `first`: where objects outlive the process, behind all that it ever gave out.
    explicit Tickets(std::size_t backlog, Sequence first = 0, std::uint64_t backlog_bytes = usual_bytes)
        : backlog_(backlog), backlog_bytes_(backlog_bytes), counter_(first) {}

    void change_backlog(std::size_t backlog, std::uint64_t backlog_bytes = usual_bytes);

    // Held from before the request goes upstream, or the layer is asked, until what came of it is visible or given up.
    // The tickets outlive it.
    class Ticket final : public storage::Permit {
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
        ~Ticket() override { reset(); }
        Sequence sequence() const { return sequence_; }
        // One that has been reset permits nothing.
        bool permits(const storage::KeyView& key, const storage::Object& object) const override {
            return permits(key, object, {});
        }
        // The same, but for the invalidations with these numbers: who made them knows that the object came after them.
        bool permits(const storage::KeyView& key, const storage::Object& object,
                     const std::vector<Sequence>& but) const;
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

    // May a request that is under way have this object, which the operation with this ticket has fetched?
    bool permits(const storage::KeyView& key, const storage::Object& object, Sequence ticket) const;
    // May a request that starts now still have what a fetch that began as `ticket` will bring?
    bool joinable(const storage::KeyView& key, const std::string& strategy_name, Sequence ticket) const;

    std::size_t kept() const;
    std::uint64_t kept_bytes() const;
    std::size_t outstanding() const;
    // Operations that were under way when the backlog overflowed, and are refused.
    std::uint64_t refused() const;

  private:
    struct Entry {
        std::shared_ptr<Invalidation> invalidation;
        Sequence applied = 0;  // 0: not yet
        std::uint64_t bytes = 0;
        // Of older ones that selected the same: the newest few, and the newest of the rest.
        std::vector<Sequence> replaced;
        Sequence replaced_before = 0;
    };
    using Entries = std::list<Entry>;
    using Position = Entries::iterator;

    static bool counts(const Entry&, const storage::KeyView&, const storage::Object&, Sequence since,
                       const std::vector<Sequence>& but);
    bool permits(const storage::KeyView& key, const storage::Object& object, Sequence since,
                 const std::vector<Sequence>& but) const;
    void end(Sequence);
    void applied(Sequence);
    // Under mutex_, as all below. What goes is left to the caller in `gone`, to be destroyed without the lock.
    template <class Condition>
    bool any_for(const storage::KeyView&, Condition) const;
    void replace_same(Entry& by, Entries& gone);
    void remove(Position, Entries& gone);
    void prune(Entries& gone);
    void bound(Entries& gone);

    // The newest invalidation's number: what most stores compare with, without the lock.
    std::atomic<Sequence> newest_{0};

    mutable std::mutex mutex_;
    std::size_t backlog_;  // under mutex_, as all below
    std::uint64_t backlog_bytes_;
    Sequence counter_;
    std::set<Sequence> outstanding_;
    Entries entries_;
    std::uint64_t bytes_ = 0;
    std::map<Sequence, Position> applying_;  // by their number
    std::map<Sequence, Position> applied_;   // by the number of their having been applied
    // By the path of the keys that they select, and their number; the path is empty when keys of many are selected.
    std::map<std::pair<std::string_view, Sequence>, Position> by_path_;
    Sequence refuse_before_ = 0;  // operations with an older ticket
    std::uint64_t refused_ = 0;
};

}  // namespace larder::policy
