#include "proxy/layer_health.h"

#include <algorithm>

namespace larder::proxy {

bool LayerHealth::may_ask(Steady::time_point now) {
    if (available()) return true;
    const std::lock_guard lock(mutex_);
    if (available()) return true;
    if (trying_ || now < again_at_) return false;
    trying_ = true;
    return true;
}

void LayerHealth::answered() {
    if (in_a_row_.load(std::memory_order_relaxed) == 0 && available()) return;
    const std::lock_guard lock(mutex_);
    in_a_row_ = 0;
    trying_ = false;
    pause_ = min_pause;
    left_alone_ = false;
}

void LayerHealth::failed(Steady::time_point now) {
    if (available()) return;
    const std::lock_guard lock(mutex_);
    if (trying_) leave_alone(now);
}

void LayerHealth::timed_out(Steady::time_point now) {
    timeouts_.fetch_add(1, std::memory_order_relaxed);
    const std::lock_guard lock(mutex_);
    const bool many = in_a_row_.fetch_add(1) + 1 >= max_timeouts_in_a_row;
    // Of those that were under way when it was left alone each would make the pause longer.
    if (trying_ || (many && available())) leave_alone(now);
}

void LayerHealth::leave_alone(Steady::time_point now) {
    trying_ = false;
    left_alone_ = true;
    again_at_ = now + pause_;
    pause_ = std::min(pause_ * 2, max_pause);
}

}  // namespace larder::proxy
