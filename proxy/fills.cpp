#include "proxy/fills.h"

namespace larder::proxy {

Fills::Joined Fills::join(storage::KeyHash key, std::string_view text) {
    Shard& in = shard(key);
    const std::lock_guard lock(in.mutex);
    auto& fill = in.fills[key];
    if (fill) {
        if (fill->key() == text) return {fill, false};
        return {solo(), true};
    }
    fill = std::make_shared<Fill>(window_.load(), std::string(text));
    return {fill, true};
}

void Fills::leave(storage::KeyHash key, const std::shared_ptr<Fill>& fill) {
    Shard& in = shard(key);
    const std::lock_guard lock(in.mutex);
    const auto it = in.fills.find(key);
    if (it != in.fills.end() && it->second == fill) in.fills.erase(it);
}

bool Fills::reserve(std::uint64_t bytes) {
    const std::uint64_t limit = bytes_limit_.load(std::memory_order_relaxed);
    std::uint64_t now = bytes_.load(std::memory_order_relaxed);
    do {
        if (bytes > limit - std::min(limit, now)) return false;
    } while (!bytes_.compare_exchange_weak(now, now + bytes, std::memory_order_relaxed));
    return true;
}

}  // namespace larder::proxy
