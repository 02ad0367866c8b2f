#include "proxy/filling.h"

#include "policy/vary.h"
#include "proxy/leader.h"
#include "proxy/worker.h"

namespace larder::proxy {

void Filling::unlist(Fills& fills) const {
    if (listed) fills.leave(*listed, fill);
}

Task<void> fill_and_answer(Worker& worker, Exchange& exchange, Downstream* client, Filling filling) {
    const Background background(worker);
    Leader leader(worker, exchange, client, std::move(filling));
    co_await leader.run();
}

FillKey fill_key(Worker& worker, const Exchange& exchange, const storage::VariantSet* known,
                 const WantedRange& wanted) {
    std::vector<std::string> names;
    if (known && !known->variants.empty()) {
        for (const auto& field : known->variants.front()->vary) names.push_back(field.name);
    } else if (const auto facts = worker.shared().remembered.recall(exchange.key.hash, exchange.now); facts.vary) {
        names = *facts.vary;
    }
    const bool ranged = !wanted.range.empty() && !wanted.rest_of;
    if (names.empty() && !ranged) return {exchange.key_text, exchange.key.hash, exchange.running.get()};
    std::string text = exchange.key_text;
    if (ranged) text.append("\nrange=").append(wanted.range).append("\nif-range=").append(wanted.if_range);
    for (const auto& field : policy::select_fields(names, *exchange.fields)) {
        text += '\n';
        text += field.name;
        text += field.value ? '=' : '-';
        text += field.value.value_or("");
    }
    const auto hash = storage::hash_key(text, worker.shared().hash_seed);
    return {std::move(text), hash, exchange.running.get()};
}

}  // namespace larder::proxy
