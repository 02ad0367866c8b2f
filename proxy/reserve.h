// Room for a body among those that no layer holds, made where there is none at the cost of clients that pin theirs and
// take them slowly.
#pragma once

#include <cstdint>

#include "proxy/task.h"
#include "storage/account.h"

namespace larder::proxy {

class Worker;

// So many unused bytes in `reservation`. Where there is no room, slow readers are cut, and what they hold is waited for
// a fifth of a second. False: there is none.
Task<bool> reserve(Worker& worker, storage::Reservation& reservation, std::uint64_t bytes);

}  // namespace larder::proxy
