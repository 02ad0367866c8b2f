#include "proxy/invalidate.h"

#include "policy/invalidates.h"
#include "proxy/identify.h"
#include "proxy/shared.h"

namespace larder::proxy {

InvalidationReceipt invalidate(Shared& shared, const std::shared_ptr<policy::Invalidation>& invalidation,
                               std::size_t list_at_most) {
    std::optional<policy::Tickets::Applying> applying;
    if (invalidation->erasure == storage::Erasure::dry_run) {
        invalidation->sequence = ~policy::Sequence{0};  // would select whatever is there
    } else {
        applying.emplace(shared.tickets.enter(invalidation));
    }
    InvalidationReceipt receipt = shared.tiers.erase(*invalidation, list_at_most);
    if (invalidation->erasure != storage::Erasure::dry_run) {
        const auto type = static_cast<std::size_t>(invalidation->type);
        shared.metrics.invalidations[type].fetch_add(1, std::memory_order_relaxed);
        shared.metrics.invalidated_keys[type].fetch_add(receipt.count, std::memory_order_relaxed);
    }
    return receipt;
}

void invalidate_after_write(Shared& shared, const Exchange& exchange, const h1::ResponseHead& head) {
    const policy::UriView target{exchange.scheme(), exchange.authority, exchange.target.text};
    for (const std::string& uri : policy::invalidated_uris(exchange.method, head.status, target, head.fields)) {
        if (auto key = key_of_url(shared, uri)) {
            invalidate(shared, policy::Invalidation::single_key(std::move(*key), shared.hash_seed), 0);
        }
    }
}

}  // namespace larder::proxy
