// The writing thread: the environment opened, begun anew, given a rest.
#include <algorithm>
#include <cerrno>

#include "storage/disk/erasing.h"
#include "storage/disk/writer.h"

namespace larder::storage::disk {

namespace {

constexpr std::chrono::seconds longest_pause{60};
constexpr unsigned most_emptied_in_a_row = 3;

std::uint64_t fingerprint(std::uint64_t seed) {
    return checksum({reinterpret_cast<const char*>(&seed), sizeof seed}, 0x73656564);
}

}  // namespace

// And makes what was denied before. False: later.
bool Writer::open() {
    std::string why = drop_why_;
    if (!why.empty()) {
        // Still to be dropped.
    } else if (engine_.pending.sealed()) {
        why = too_many_erasures;
    } else if (engine_.directory.marked_damaged()) {
        why = "the process died in it";
    } else if (!keep_content_) {
        why = "invalidations may have missed it, for it was not in use";
    } else if (engine_.directory.has_data() && !engine_.directory.intact()) {
        why = "an invalidation could not be written to it";
    } else {
        why = engine_.directory.unsound();
    }
    if (!why.empty() && engine_.directory.has_data() && !set_aside(why, keep_content_)) return false;
    drop_why_.clear();
    if (!why.empty()) engine_.pending.forget_denied();
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
        if (!set_aside(why, true)) return false;
    }
    back_off("a new environment cannot be made");
    return false;
}

// Its environment is closed. False: the file cannot be moved or deleted, which is tried again later.
bool Writer::set_aside(const std::string& why, bool keep) {
    const bool kept = engine_.directory.move_aside(keep);
    ++engine_.generation;
    if (engine_.directory.has_data()) {
        drop_why_ = why;
        back_off(engine_.directory.data() + " is to be dropped, since " + why +
                 ", and can be neither moved nor deleted; delete it, or let Larder write in its directory");
        return false;
    }
    engine_.report("storage_moved_aside", engine_.directory.data() + ": " + why +
                                              (kept ? "; it is data.mdb.damaged now" : "; it was deleted") +
                                              ", and the layer starts empty");
    return true;
}

// In place, while the process serves on.
void Writer::start_empty(const std::string& why, bool keep) {
    if (++emptied_in_a_row_ > most_emptied_in_a_row) {
        emptied_in_a_row_ = 0;
        return back_off(why);
    }
    {
        const auto owned = engine_.environment.own();
        engine_.environment.close();
        if (!set_aside(why, keep)) return;
    }
    if (engine_.pending.sealed()) give_up_all();  // or they would be too many again
    engine_.pending.forget_denied();
    full_in_a_row_ = 0;
    open();
}

// Erasures that could not be made come before anything else is written or kept.
void Writer::apply_denied() {
    if (engine_.pending.sealed()) return start_empty(too_many_erasures, false);
    const std::vector<OperationPtr> denied = engine_.pending.denied();
    try {
        Batch batch(engine_, eviction_, about_);
        for (const OperationPtr& operation : denied) {
            Erasing erasing(*operation->selection, operation->erasure, 0);
            while (!erasing.slice(batch.content())) batch.turn();
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
    if (engine_.pending.sealed() || !engine_.pending.denied().empty()) apply_denied();
}

// No transaction of the thread's is alive. Afterwards it writes again, or mode() is failing.
void Writer::recover(const Failure& failure) {
    engine_.pending.set_mode(Pending::Mode::failing);
    // A list of free pages that is damaged asks for absurd amounts of memory.
    if (failure.corrupt() || failure.code == ENOMEM || failure.code == EINVAL) {
        return start_empty(failure.what(), true);
    }
    // What LMDB keeps in memory about a file whose sync failed is not to be believed: it is read anew.
    {
        const auto owned = engine_.environment.own();
        engine_.environment.close();
        ++engine_.generation;
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

}  // namespace larder::storage::disk
