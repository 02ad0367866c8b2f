// Something that changes the layer, on its way to the writing thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "storage/layer.h"

namespace larder::storage::disk {

struct Operation {
    enum class Kind {
        insert,
        refresh,
        erase,
        after,  // nothing by itself: `then` runs on a reader once all before it is written
        drop,   // an object that failed its check
    };
    Kind kind = Kind::insert;
    std::uint64_t sequence = 0;  // in the order of the calls
    std::uint64_t bytes = 0;     // that it holds while it waits

    // insert, refresh
    OwnedKey key;
    ObjectPtr object;
    ObjectPtr old_one;
    std::size_t max_variants = 0;
    PermitPtr permit;  // once it is pending: until it is settled, as Pending says
    std::function<void(Stored)> stored;
    Stored outcome = Stored::failed;

    // erase
    std::shared_ptr<const Selection> selection;
    Erasure erasure = Erasure::hard;
    std::size_t list_at_most = 0;
    std::function<void(Layer::Applied)> applied;
    Layer::Applied result;
    // Who answers: the writing thread, or a reader that found nothing selected. The first to claim it does it.
    std::atomic<bool> claimed{false};
    bool claim() { return !claimed.exchange(true); }
    bool mine = false;  // the writing thread has claimed it

    std::function<void()> then;

    bool answered = false;  // the writing thread's

    // drop
    std::uint64_t number = 0;
    std::uint64_t generation = 0;

    bool stores() const { return kind == Kind::insert || kind == Kind::refresh; }
};

using OperationPtr = std::shared_ptr<Operation>;

}  // namespace larder::storage::disk
