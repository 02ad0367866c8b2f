#include "proxy/remembered.h"

namespace larder::proxy {

Remembered::Facts Remembered::recall(storage::KeyHash key, storage::UnixTime now) const {
    const Shard& in = shard(key);
    const std::lock_guard lock(in.mutex);
    const Slot& slot = in.slots[key.low % in.slots.size()];
    if (slot.key != key) return {};
    return {slot.uncacheable_until > now, slot.vary, slot.hints};
}

void Remembered::uncacheable(storage::KeyHash key, storage::UnixTime until) {
    Shard& in = shard(key);
    const std::lock_guard lock(in.mutex);
    Slot& slot = in.slots[key.low % in.slots.size()];
    if (slot.key != key) slot = Slot{key, 0, nullptr, nullptr};
    slot.uncacheable_until = until;
}

void Remembered::cacheable(storage::KeyHash key, VaryNames vary, std::string hints) {
    Shard& in = shard(key);
    const std::lock_guard lock(in.mutex);
    Slot& slot = in.slots[key.low % in.slots.size()];
    if (slot.key != key) {
        if (!vary && hints.empty()) return;  // nothing worth another key's slot
        slot = Slot{key, 0, nullptr, nullptr};
    }
    slot.uncacheable_until = 0;
    slot.vary = std::move(vary);
    slot.hints = hints.empty() ? nullptr : std::make_shared<const std::string>(std::move(hints));
}

}  // namespace larder::proxy
