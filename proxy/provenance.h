// Which strategy and resource a stored response belongs to.
#pragma once

#include "proxy/exchange.h"
#include "storage/object.h"

namespace larder::proxy {

// Those of the exchange that stores or refreshes it, whatever they were before.
void set_provenance(storage::Object& object, const Exchange& exchange);

}  // namespace larder::proxy
