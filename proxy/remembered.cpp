#include "proxy/remembered.h"

namespace larder::proxy {

Remembered::Facts Remembered::recall(storage::KeyHash key, storage::UnixTime now) const {
    const Shard& in = shard(key);
    const std::lock_guard lock(in.mutex);
    const Slot& slot = in.slots[key.low % in.slots.size()];
    if (slot.key != key) return {};
    return {slot.uncacheable_until > now, slot.vary};
}

void Remembered::uncacheable(storage::KeyHash key, storage::UnixTime until) {
    Shard& in = shard(key);
    const std::lock_guard lock(in.mutex);
    Slot& slot = in.slots[key.low % in.slots.size()];
    if (slot.key != key) slot = Slot{key, 0, nullptr};
    slot.uncacheable_until = until;
}

void Remembered::cacheable(storage::KeyHash key, VaryNames vary) {
    Shard& in = shard(key);
    const std::lock_guard lock(in.mutex);
    Slot& slot = in.slots[key.low % in.slots.size()];
    if (slot.key != key) {
        if (!vary) return;  // nothing worth another key's slot
        slot = Slot{key, 0, nullptr};
    }
    slot.uncacheable_until = 0;
    slot.vary = std::move(vary);
}

}  // namespace larder::proxy
