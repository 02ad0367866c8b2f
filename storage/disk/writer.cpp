#include "storage/disk/writer.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "storage/disk/erasing.h"
#include "storage/disk/storing.h"

namespace larder::storage::disk {

namespace {

constexpr std::size_t most_operations = 256;
constexpr std::uint64_t most_bytes = 4 * 1024 * 1024;
constexpr std::chrono::milliseconds linger{20};
constexpr std::chrono::milliseconds lock_pause{20};
constexpr std::chrono::seconds house_pause{1};
constexpr std::chrono::seconds readers_pause{60};
constexpr std::chrono::seconds longest_pause{60};
constexpr std::chrono::seconds flush_time{5};
constexpr std::size_t erase_slice = 500;
constexpr std::uint64_t sweep_parts = 500;
constexpr int useless_a_turn = 200;
constexpr std::size_t uses_a_turn = 256;
constexpr unsigned most_full_in_a_row = 100;
constexpr unsigned most_emptied_in_a_row = 3;

std::uint64_t fingerprint(std::uint64_t seed) {
    return checksum({reinterpret_cast<const char*>(&seed), sizeof seed}, 0x73656564);
}

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
    for (const OperationPtr& operation : engine_.pending.take(Clock::now(), linger, SIZE_MAX, UINT64_MAX)) {
        give_up(operation, LayerError::write);
    }
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
    if (engine_.pending.mode() == Pending::Mode::writing && now >= house_at_) keep_house();
    const bool failing = engine_.pending.mode() == Pending::Mode::failing;
    auto until = failing ? std::min(again_at_, now + house_pause) : house_at_;
    if (!failing && !swept_) until = now;
    work(engine_.pending.take(until, linger, most_operations, most_bytes));
    if (!swept_ && engine_.pending.mode() == Pending::Mode::writing) {
        try {
            Batch batch(engine_, eviction_, about_);
            swept_ = !batch.content().sweep_unowned(std::min(sweep_parts, batch.budget() / 2));
            batch.commit();
        } catch (const Failure& failure) {
            recover(failure);
        }
    }
}

// The environment, and what was denied before. False: later.
bool Writer::open() {
    std::string why;
    if (engine_.directory.marked_damaged()) {
        why = "the process died in it";
    } else if (!keep_content_) {
        why = "it was not to be kept";
    } else if (engine_.directory.has_data() && !engine_.directory.intact()) {
        why = "an invalidation could not be written to it";
    } else {
        why = engine_.directory.unsound();
    }
    if (engine_.pending.denied_overflow()) why = "too many invalidations came while another process held it";
    if (!why.empty() && engine_.directory.has_data()) {
        if (keep_content_) {
            engine_.report("storage_moved_aside", engine_.directory.data() + ": " + why +
                                                      "; it is data.mdb.damaged now, and the layer starts empty");
        }
        engine_.directory.move_aside(keep_content_);
        ++engine_.generation;
    }
    engine_.directory.clear_damage();
    engine_.directory.drop_readers_table();
    keep_content_ = true;
    if (!open_whatever_is_there()) return false;
    swept_ = false;
    apply_denied();
    if (engine_.pending.mode() != Pending::Mode::writing) return false;
    engine_.report("storage_opened",
                   engine_.options.directory + ": " + std::to_string(engine_.figures.objects) + " responses");
    return true;
}

bool Writer::open_whatever_is_there() {
    for (int attempt = 0; attempt < 2; ++attempt) {
        const auto owned = engine_.environment.own();
        std::string why;
        try {
            map_bytes_ = engine_.max_bytes;
            engine_.environment.open(map_bytes_);
            Content content(engine_.environment, Transaction::Mode::write);
            const auto found = content.about();
            const std::uint64_t seed = fingerprint(engine_.options.seed);
            if (found && found->version != format_version) {
                why = "its format is version " + std::to_string(found->version) + ", this Larder's is " +
                      std::to_string(format_version);
            } else if (found && found->seed_fingerprint != seed) {
                why = "it was written under another data directory's identity";
            } else {
                about_ = found.value_or(About{});
                about_.seed_fingerprint = seed;
                eviction_.set_inflation(about_.inflation);
                if (!found) content.put_about(about_);
                engine_.figures.bytes =
                    engine_.environment.used_pages(content.transaction()) * engine_.environment.page_bytes();
                engine_.figures.objects = content.transaction().entries(content.tables().objects);
                content.transaction().commit();
                return true;
            }
        } catch (const Failure& failure) {
            why = failure.what();
            if (!failure.corrupt()) {
                engine_.environment.close();
                back_off(why);
                return false;
            }
        }
        engine_.environment.close();
        engine_.report("storage_moved_aside", engine_.directory.data() + ": " + why +
                                                  "; it is data.mdb.damaged now, and the layer starts empty");
        engine_.directory.move_aside(true);
        ++engine_.generation;
    }
    back_off("a new environment cannot be made");
    return false;
}

// In place, while the process serves on.
void Writer::start_empty(const std::string& reason, bool keep) {
    if (++emptied_in_a_row_ > most_emptied_in_a_row) return back_off(reason);
    {
        const auto owned = engine_.environment.own();
        engine_.environment.close();
        engine_.directory.move_aside(keep);
        ++engine_.generation;
    }
    engine_.report("storage_moved_aside", engine_.directory.data() + ": " + reason +
                                              "; it is data.mdb.damaged now, and the layer goes on empty");
    engine_.pending.forget_denied();
    full_in_a_row_ = 0;
    open();
}

// Erasures that could not be made come before anything else is written or kept.
void Writer::apply_denied() {
    if (engine_.pending.denied_overflow()) return start_empty("too many invalidations could not be written", false);
    const std::vector<OperationPtr> denied = engine_.pending.denied();
    try {
        Batch batch(engine_, eviction_, about_);
        for (const OperationPtr& operation : denied) {
            Erasing erasing(*operation->selection, operation->erasure, 0);
            while (!erasing.slice(batch.content(), erase_slice)) batch.turn();
            batch.turn();
        }
        // Also when nothing is denied: whether writing works must be known now.
        batch.content().put_about(about_);
        batch.must_last();
        batch.commit();
    } catch (const Failure& failure) {
        return recover(failure);
    }
    engine_.pending.made(denied.size());
    if (!engine_.directory.intact() && !engine_.directory.make_intact()) return back_off("its marker cannot be made");
    const bool recovered = engine_.pending.mode() == Pending::Mode::failing;
    pause_ = std::chrono::seconds(1);
    engine_.pending.set_mode(Pending::Mode::writing);
    if (recovered) engine_.report("storage_recovered", engine_.options.directory + ": writing works again");
    house_at_ = Clock::now() + house_pause;
    // What was denied while this was under way.
    if (!engine_.pending.denied().empty()) apply_denied();
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
        synced_ = false;
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

// Each by itself, after room was made.
void Writer::retry(const std::vector<OperationPtr>& operations) {
    for (const OperationPtr& operation : operations) {
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
            batch.content().remove(operation.number);
            break;
        case Operation::Kind::after:
            break;
    }
}

void Writer::apply_erase(Batch& batch, Operation& operation) {
    operation.mine = true;
    Erasing erasing(*operation.selection, operation.erasure, operation.list_at_most);
    while (!erasing.slice(batch.content(), erase_slice)) batch.turn();
    operation.result.erased = erasing.result();
    if (operation.erasure != Erasure::dry_run && erasing.count() > 0) batch.must_last();
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
        while (!erasing.slice(content, erase_slice)) continue;
        operation.result.erased = erasing.result();
    } catch (const Failure&) {  // then it counts nothing
    }
}

void Writer::recover(const Failure& failure) {
    // A list of free pages that is damaged asks for absurd amounts of memory.
    if (failure.corrupt() || failure.code == ENOMEM || failure.code == EINVAL) {
        engine_.pending.set_mode(Pending::Mode::failing);
        return start_empty(failure.what(), true);
    }
    // What LMDB keeps in memory about a file whose sync failed is not to be believed: it is read anew.
    {
        const auto owned = engine_.environment.own();
        engine_.environment.close();
        try {
            engine_.environment.open(map_bytes_);
            Content content(engine_.environment, Transaction::Mode::read);
            about_ = content.about().value_or(about_);
        } catch (const Failure&) {
            engine_.environment.close();
        }
    }
    back_off(failure.what());
}

void Writer::back_off(const std::string& why) {
    engine_.report("storage_failed", engine_.options.directory + ": " + why + "; writing is tried again in " +
                                         std::to_string(pause_.count()) + " s, reading goes on");
    engine_.pending.set_mode(Pending::Mode::failing);
    again_at_ = Clock::now() + pause_;
    pause_ = std::min(pause_ * 2, longest_pause);
}

void Writer::keep_house() {
    const auto now = Clock::now();
    house_at_ = now + house_pause;
    try {
        const std::uint64_t wanted = engine_.max_bytes;
        eviction_.set_policy(engine_.eviction);
        if (wanted != map_bytes_) {
            const auto owned = engine_.environment.own();
            engine_.environment.resize(wanted);
            map_bytes_ = wanted;
        }
        if (now >= readers_at_) {
            readers_at_ = now + readers_pause;
            engine_.environment.forget_dead_readers();
        }
        Batch batch(engine_, eviction_, about_);
        const UnixTime unix_now = engine_.options.now();
        for (int i = 0; i < useless_a_turn; ++i) {
            if (!eviction_.remove_useless(batch.content(), unix_now)) break;
            batch.turn();
        }
        batch.make_room(0);
        write_uses(batch, uses_a_turn);
        batch.commit();
        if (batch.disowned()) swept_ = false;
        if (!std::exchange(synced_, true)) engine_.environment.sync();
    } catch (const Failure& failure) {
        recover(failure);
    }
}

void Writer::write_uses(Batch& batch, std::size_t at_most) {
    for (const auto& [hash, used] : engine_.uses.take(at_most)) {
        auto entry = batch.content().key(hash);
        if (!entry) continue;
        entry->hits += used.hits;
        entry->misses += used.misses;
        entry->last_accessed = std::max(entry->last_accessed, used.last_accessed);
        if (engine_.eviction.load() == config::EvictionPolicy::custom) entry->inflation = eviction_.inflation();
        batch.content().put_key(hash, *entry);
        batch.turn();
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
        engine_.environment.sync();
    } catch (const Failure& failure) {
        recover(failure);
    }
}

}  // namespace larder::storage::disk
