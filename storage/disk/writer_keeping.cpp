// The writing thread: what it does between batches.
#include <algorithm>

#include "storage/disk/writer.h"

namespace larder::storage::disk {

namespace {

constexpr std::chrono::seconds readers_pause{60};
constexpr std::uint64_t sweep_parts = 500;
constexpr int useless_a_turn = 200;

}  // namespace

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
        engine_.sync();
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

void Writer::sweep() {
    try {
        Batch batch(engine_, eviction_, about_);
        swept_ = !batch.content().sweep_unowned(std::min(sweep_parts, batch.budget() / 2));
        batch.commit();
    } catch (const Failure& failure) {
        recover(failure);
    }
}

}  // namespace larder::storage::disk
