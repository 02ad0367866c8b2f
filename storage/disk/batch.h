// Operations on their way through transactions: begun when something is to be done, ended when they have grown to the
// budget, so that the pages that two of them touch fit into the reserve. What is added is answered when the transaction
// that holds it is committed; when one fails, what it held and all later ones are left to the caller.
//
// The writing thread's. Throws Failure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "storage/disk/content.h"
#include "storage/disk/engine.h"
#include "storage/disk/eviction.h"
#include "storage/disk/operation.h"

namespace larder::storage::disk {

class Batch {
  public:
    // `about` is what is committed: it is brought up to date at each commit.
    Batch(Engine& engine, Eviction& eviction, About& about);

    Content& content();  // of the transaction under way

    // A new transaction if this one has grown to its budget.
    void turn();
    // What the transaction may still cost, in half pages; one page at least.
    std::uint64_t left() const;
    std::uint64_t budget() const { return budget_; }
    // Evicts until so many pages fit. False: nothing is left to leave.
    bool make_room(std::uint64_t pages);

    double inflation() const { return eviction_.inflation(); }
    std::uint64_t new_number() { return next_.next_number++; }

    // It is done, and answered after the commit.
    void done(OperationPtr operation) { done_.push_back(std::move(operation)); }
    // An erasure: not answered before it, and all that was dropped before, would survive a power loss.
    void must_last() { must_last_ = true; }
    bool dropped_since_sync() { return engine_.dropped_since_sync || content().dropped(); }
    void commit();
    // Bodies were left that are to be swept.
    bool disowned() const { return disowned_; }

  private:
    void write();

    Engine& engine_;
    Eviction& eviction_;
    About& about_;
    About next_;
    const std::uint64_t budget_;  // half pages
    std::optional<Content> content_;
    std::vector<OperationPtr> done_;
    std::uint64_t evicted_ = 0;
    bool must_last_ = false;
    bool disowned_ = false;
};

// It is over: its callback is called, what it holds let go of.
void answer(Engine&, const OperationPtr&);

}  // namespace larder::storage::disk
