#include "proxy/provenance.h"

#include "policy/pattern_index.h"

namespace larder::proxy {

void set_provenance(storage::Object& object, const Exchange& exchange) {
    const policy::Strategy& strategy = *exchange.strategy;
    object.strategy = strategy.index;
    object.strategy_name = strategy.name;
    object.resource_type = strategy.resource_type;
    object.resource_id.clear();
    if (strategy.names_resource) {
        object.resource_id = policy::captured(strategy.pattern, "resource_id", exchange.target.path()).substr(0, 255);
    }
}

}  // namespace larder::proxy
