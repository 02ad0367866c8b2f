// Which strategy and resource a stored response belongs to, and which other URLs it answers.
#pragma once

#include "proxy/exchange.h"
#include "proxy/searches.h"
#include "storage/object.h"

namespace larder::proxy {

// Those of the exchange that stores or refreshes it, whatever they were before; and the mark that its own fields ask
// for (Searches::mark()).
void set_provenance(storage::Object& object, const Exchange& exchange, Searches& searches);

}  // namespace larder::proxy
