#include "proxy/invalidate.h"

#include "policy/invalidates.h"
#include "proxy/identify.h"
#include "proxy/shared.h"

namespace larder::proxy {

Task<InvalidationReceipt> invalidate(Executor executor, Shared& shared,
                                     std::shared_ptr<policy::Invalidation> invalidation, std::size_t list_at_most) {
    std::optional<policy::Tickets::Applying> applying;
    if (invalidation->erasure == storage::Erasure::dry_run) {
        invalidation->sequence = ~policy::Sequence{0};  // would select whatever is there
    } else {
        applying.emplace(shared.tickets.enter(invalidation));
    }
    InvalidationReceipt receipt = co_await shared.tiers.erase(executor, invalidation, list_at_most);
    applying.reset();
    if (invalidation->erasure != storage::Erasure::dry_run) {
        const auto type = static_cast<std::size_t>(invalidation->type);
        shared.metrics.invalidations[type].fetch_add(1, std::memory_order_relaxed);
        shared.metrics.invalidated_keys[type].fetch_add(receipt.count, std::memory_order_relaxed);
    }
    co_return receipt;
}

Task<void> invalidate_after_write(Executor executor, Shared& shared, const Exchange& exchange,
                                  const h1::ResponseHead& head) {
    const policy::UriView target{exchange.scheme(), exchange.authority, exchange.target.text};
    for (const std::string& uri : policy::invalidated_uris(exchange.method, head.status, target, head.fields)) {
        auto key = key_of_url(shared, uri);
        if (!key) continue;
        auto invalidation = policy::Invalidation::single_key(std::move(*key), shared.hash_seed);
        co_await invalidate(executor, shared, std::move(invalidation), 0);
    }
}

}  // namespace larder::proxy
