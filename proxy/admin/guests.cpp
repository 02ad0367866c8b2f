#include "proxy/admin/guests.h"

#include <algorithm>

namespace larder::proxy::admin {

Guests::Room Guests::make_room(std::size_t most) {
    if (list_.size() < most) return Room::free;
    const auto slowest = std::find_if(list_.begin(), list_.end(), [](const Guest& guest) { return !guest.working_; });
    if (slowest == list_.end()) return Room::none;
    error_code ignored;
    slowest->socket_.close(ignored);
    list_.erase(slowest);  // its coroutine finds the socket closed and ends
    return Room::made;
}

}  // namespace larder::proxy::admin
