// After the origin's 101: bytes both ways, as they come, until one side ends and the other has been told.
#pragma once

#include "proxy/exchange.h"
#include "proxy/fetch.h"
#include "proxy/task.h"

namespace larder::proxy {

Task<void> tunnel(Worker& worker, Exchange& exchange, Downstream& client, Fetched fetched);

}  // namespace larder::proxy
