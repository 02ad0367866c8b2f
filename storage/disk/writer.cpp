#include "storage/disk/writer.h"

#include <algorithm>
#include <utility>

#include "storage/disk/erasing.h"
#include "storage/disk/storing.h"

namespace larder::storage::disk {

namespace {

constexpr std::size_t most_operations = 256;
constexpr std::uint64_t most_bytes = 4 * 1024 * 1024;
constexpr std::chrono::milliseconds linger{20};
constexpr std::chrono::milliseconds lock_pause{20};
constexpr std::chrono::seconds flush_time{5};
constexpr unsigned most_full_in_a_row = 100;

}  // namespace

Writer::Writer(Engine& engine)
    : engine_(engine),
      eviction_(engine.eviction, engine.options.seed),
      keep_content_(engine.options.keep_content),
      thread_([this] { run(); }) {}

void Writer::finish() {
    const std::lock_guard once(finished_);
    finishing_ = true;
    engine_.pending.wake();
    if (thread_.joinable()) thread_.join();
}

void Writer::run() {
    const bool locked = gain_lock();
    if (locked) {
        open();
        while (!finishing_) turn();
        flush(Clock::now() + flush_time);
    }
    engine_.pending.set_mode(Pending::Mode::finished);
    give_up_all();
    {
        const auto owned = engine_.environment.own();
        engine_.environment.close();
    }
    if (locked) engine_.directory.unlock();
}

bool Writer::gain_lock() {
    while (!engine_.directory.lock()) {
        if (finishing_) return false;
        engine_.report("storage_waiting", engine_.options.directory + ": held by process " +
                                              std::to_string(engine_.directory.holder()) +
                                              "; nothing is found or stored there until it ends");
        engine_.pending.take(Clock::now() + lock_pause, {}, 0, 0);
    }
    return true;
}

// Once round: a batch, or what is to be done when there is none.
void Writer::turn() {
    if (engine_.take_condemned()) {
        engine_.pending.set_mode(Pending::Mode::failing);
        start_empty("it cannot be read", true);
    }
    const auto now = Clock::now();
    if (engine_.pending.mode() == Pending::Mode::failing && now >= again_at_) {
        if (engine_.environment.is_open()) {
            apply_denied();
        } else {
            open();
        }
    }
    if (engine_.pending.mode() == Pending::Mode::writing && engine_.pending.sealed()) {
        engine_.pending.set_mode(Pending::Mode::failing);
        start_empty(too_many_erasures, false);
    }
    if (engine_.pending.mode() == Pending::Mode::writing && now >= house_at_) keep_house();
    const bool failing = engine_.pending.mode() == Pending::Mode::failing;
    auto until = failing ? std::min(again_at_, now + house_pause) : house_at_;
    if (!failing && !swept_) until = now;
    work(engine_.pending.take(until, linger, most_operations, most_bytes));
    if (!swept_ && engine_.pending.mode() == Pending::Mode::writing) sweep();
}

void Writer::work(std::vector<OperationPtr> operations) {
    if (operations.empty()) return;
    if (engine_.pending.mode() != Pending::Mode::writing) {
        for (const OperationPtr& operation : operations) give_up(operation, LayerError::write);
        return;
    }
    try {
        Batch batch(engine_, eviction_, about_);
        for (const OperationPtr& operation : operations) {
            apply(batch, *operation);
            batch.done(operation);
            batch.turn();
        }
        batch.commit();
        full_in_a_row_ = 0;
        emptied_in_a_row_ = 0;
        if (batch.disowned()) swept_ = false;
    } catch (const Failure& failure) {
        std::erase_if(operations, [](const OperationPtr& operation) { return operation->answered; });
        if (failure.code == MDB_MAP_FULL || failure.code == MDB_TXN_FULL) return retry(operations);
        engine_.pending.set_mode(Pending::Mode::failing);  // whoever is told sees it
        for (const OperationPtr& operation : operations) give_up(operation, LayerError::write);
        recover(failure);
    }
}

void Writer::flush(Clock::time_point deadline) {
    while (!engine_.pending.empty() && Clock::now() < deadline) {
        work(engine_.pending.take(Clock::now(), {}, most_operations, most_bytes));
    }
    if (engine_.pending.mode() != Pending::Mode::writing) return;
    try {
        bool more = true;
        while (more && Clock::now() < deadline) {
            Batch batch(engine_, eviction_, about_);
            const std::uint64_t before = engine_.uses.size();
            write_uses(batch, uses_a_turn);
            batch.commit();
            more = before > uses_a_turn;
        }
        engine_.sync();
    } catch (const Failure& failure) {
        recover(failure);
    }
}

// Each by itself, after room was made.
void Writer::retry(const std::vector<OperationPtr>& operations) {
    for (const OperationPtr& operation : operations) {
        if (engine_.pending.mode() != Pending::Mode::writing) {
            give_up(operation, LayerError::write);
            continue;
        }
        try {
            if (!evict_alone()) throw Failure(MDB_MAP_FULL);
            Batch batch(engine_, eviction_, about_);
            apply(batch, *operation);
            batch.done(operation);
            batch.commit();
            full_in_a_row_ = 0;
            swept_ = false;
        } catch (const Failure& failure) {
            const bool full = failure.code == MDB_MAP_FULL || failure.code == MDB_TXN_FULL;
            if (!full) engine_.pending.set_mode(Pending::Mode::failing);
            give_up(operation, full ? LayerError::full : LayerError::write);
            if (!full) {
                recover(failure);
            } else if (++full_in_a_row_ >= most_full_in_a_row) {
                start_empty("it is full, and nothing can be removed from it", false);
            }
        }
    }
}

bool Writer::evict_alone() {
    try {
        Batch batch(engine_, eviction_, about_);
        const std::uint64_t some = batch.budget() / 8;
        batch.make_room(some);
        batch.commit();
        return true;
    } catch (const Failure& failure) {
        if (failure.code != MDB_MAP_FULL && failure.code != MDB_TXN_FULL) throw;
        return false;
    }
}

void Writer::apply(Batch& batch, Operation& operation) {
    switch (operation.kind) {
        case Operation::Kind::insert:
            operation.outcome = insert(batch, engine_, operation);
            break;
        case Operation::Kind::refresh:
            operation.outcome = refresh(batch, engine_, operation);
            break;
        case Operation::Kind::erase:
            if (operation.mine || operation.claim()) apply_erase(batch, operation);
            break;
        case Operation::Kind::drop:
            if (operation.generation == engine_.generation) batch.content().remove(operation.number);
            break;
        case Operation::Kind::after:
            break;
    }
}

void Writer::apply_erase(Batch& batch, Operation& operation) {
    operation.mine = true;
    Erasing erasing(*operation.selection, operation.erasure, operation.list_at_most);
    while (!erasing.slice(batch.content())) batch.turn();
    operation.result.erased = erasing.result();
    if (operation.erasure == Erasure::dry_run) return;
    if (erasing.count() > 0 || batch.dropped_since_sync()) batch.must_last();
}

void Writer::give_up(const OperationPtr& operation, LayerError why) {
    if (operation->kind == Operation::Kind::erase && (operation->mine || operation->claim())) {
        operation->mine = true;
        deny(*operation);
        if (operation->erasure != Erasure::dry_run) engine_.pending.deny(operation);
    }
    if (operation->stores()) operation->outcome = Stored::failed;
    if (operation->kind != Operation::Kind::drop && operation->kind != Operation::Kind::after) {
        engine_.figures.count(why);
    }
    answer(engine_, operation);
}

void Writer::give_up_all() {
    for (const OperationPtr& operation : engine_.pending.take(Clock::now(), linger, SIZE_MAX, UINT64_MAX)) {
        give_up(operation, LayerError::write);
    }
}

// It is not made, but what it selects is not served any more, and a restart starts empty.
void Writer::deny(Operation& operation) {
    count_only(operation);
    if (operation.erasure == Erasure::dry_run) return;
    operation.result.failed = true;
    operation.result.durable = engine_.directory.drop_intact();
}

void Writer::count_only(Operation& operation) {
    if (!engine_.environment.is_open()) return;
    try {
        Content content(engine_.environment, Transaction::Mode::read);
        Erasing erasing(*operation.selection, Erasure::dry_run, operation.list_at_most);
        while (!erasing.slice(content)) continue;
        operation.result.erased = erasing.result();
    } catch (const Failure& failure) {
        engine_.note_read_failure(failure, engine_.generation);
    }
}

}  // namespace larder::storage::disk
