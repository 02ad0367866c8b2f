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
    const auto running = shared.running();
    InvalidationReceipt receipt = co_await running->tiers->erase(executor, invalidation, list_at_most);
    // Exchanges that began before a reload may still ask layers that it let go of.
    for (const auto& former : shared.former(*running)) {
        if (running->tiers->cover(*former->tiers)) continue;
        const auto also = co_await former->tiers->erase(executor, invalidation, 0);
        receipt.durable = receipt.durable && also.durable;
    }
    applying.reset();
    if (invalidation->erasure != storage::Erasure::dry_run) {
        const auto type = static_cast<std::size_t>(invalidation->type);
        shared.metrics.invalidations[type].fetch_add(1, std::memory_order_relaxed);
        shared.metrics.invalidated_keys[type].fetch_add(receipt.count, std::memory_order_relaxed);
    }
    co_return receipt;
}

Task<std::vector<policy::Sequence>> invalidate_after_write(Executor executor, Shared& shared, const Exchange& exchange,
                                                           const h1::ResponseHead& head) {
    std::vector<policy::Sequence> entered;
    const policy::UriView target{exchange.scheme(), exchange.authority, exchange.target.text};
    for (const std::string& uri : policy::invalidated_uris(exchange.method, head.status, target, head.fields)) {
        auto key = key_of_url(shared, uri);
        if (!key) continue;
        std::string equivalent = shared.searches.equivalent(*key);
        auto invalidation = policy::Invalidation::single_key(std::move(*key), shared.hash_seed, std::move(equivalent));
        co_await invalidate(executor, shared, invalidation, 0);
        entered.push_back(invalidation->sequence);
    }
    auto groups = policy::invalidated_groups(exchange.method, head.fields);
    if (!groups.empty()) {
        std::string origin = std::string(exchange.scheme()) + "://" + exchange.authority;
        auto invalidation = policy::Invalidation::tagged(std::move(groups), std::move(origin));
        co_await invalidate(executor, shared, invalidation, 0);
        entered.push_back(invalidation->sequence);
    }
    co_return entered;
}

}  // namespace larder::proxy
