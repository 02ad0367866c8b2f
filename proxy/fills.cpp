#include "proxy/fills.h"

namespace larder::proxy {

Fills::Joined Fills::join(storage::KeyHash key, std::string_view text, const void* rules) {
    Shard& in = shard(key);
    const std::lock_guard lock(in.mutex);
    auto& fill = in.fills[key];
    if (fill && fill->serves(text, rules)) return {fill, false};
    // Another text of the same hash; if it is the same text, the configuration has changed.
    if (fill && fill->key() != text) return {solo(), true};
    fill = std::make_shared<Fill>(window_.load(), std::string(text), rules);
    return {fill, true};
}

void Fills::leave(storage::KeyHash key, const std::shared_ptr<Fill>& fill) {
    Shard& in = shard(key);
    const std::lock_guard lock(in.mutex);
    const auto it = in.fills.find(key);
    if (it != in.fills.end() && it->second == fill) in.fills.erase(it);
}

}  // namespace larder::proxy
