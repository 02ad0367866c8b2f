#include "proxy/provenance.h"

#include "policy/field_lines.h"
#include "policy/no_vary_search.h"
#include "policy/pattern_index.h"

namespace larder::proxy {

void set_provenance(storage::Object& object, const Exchange& exchange, Searches& searches) {
    const policy::Strategy& strategy = *exchange.strategy;
    object.strategy = strategy.index;
    object.strategy_name = strategy.name;
    object.resource_type = strategy.resource_type;
    object.resource_id.clear();
    if (strategy.names_resource) {
        object.resource_id = policy::captured(strategy.pattern, "resource_id", exchange.target.path()).substr(0, 255);
    }
    std::erase_if(object.tags, policy::is_search_mark);
    if (!strategy.rules.configuration.no_vary_search || policy::value_in(object.fields, "no-vary-search").empty())
        return;
    auto mark = searches.mark(exchange.key_text, policy::fields_in(object.fields));
    if (mark) object.tags.push_back(std::move(*mark));
}

}  // namespace larder::proxy
