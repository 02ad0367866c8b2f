// The access log's line for a request.
#pragma once

#include <chrono>

#include "proxy/exchange.h"

namespace larder::proxy {

struct Shared;

void log_request(Shared& shared, const Exchange& exchange, std::chrono::nanoseconds took);

}  // namespace larder::proxy
