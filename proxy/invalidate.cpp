#include "proxy/invalidate.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "policy/invalidates.h"
#include "proxy/identify.h"
#include "proxy/relay.h"
#include "proxy/shared.h"

namespace larder::proxy {

namespace json = boost::json;

Task<InvalidationReceipt> invalidate(Executor executor, Shared& shared,
                                     std::shared_ptr<policy::Invalidation> invalidation, std::size_t list_at_most) {
    InvalidationReceipt receipt = co_await invalidate_here(executor, shared, invalidation, list_at_most);
    const bool dry = invalidation->erasure == storage::Erasure::dry_run;
    if (!dry && shared.relay) co_await shared.relay->tell(executor, invalidation->order);
    co_return receipt;
}

Task<InvalidationReceipt> invalidate_here(Executor executor, Shared& shared,
                                          std::shared_ptr<policy::Invalidation> invalidation,
                                          std::size_t list_at_most) {
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
        auto invalidation =
            policy::Invalidation::single_key(std::move(*key), shared.hash_seed, shared.searches.variances());
        invalidation->order = json::serialize(json::object{{"invalidation_type", "SINGLE_KEY"}, {"cache_key", uri}});
        co_await invalidate(executor, shared, invalidation, 0);
        entered.push_back(invalidation->sequence);
    }
    auto groups = policy::invalidated_groups(exchange.method, head.fields);
    if (!groups.empty()) {
        std::string origin = std::string(exchange.scheme()) + "://" + exchange.authority;
        std::string order = json::serialize(json::object{{"invalidation_type", "TAG_BASED"},
                                                         {"tags", json::array(groups.begin(), groups.end())},
                                                         {"origin", origin}});
        auto invalidation = policy::Invalidation::grouped(groups, std::move(origin));
        invalidation->order = std::move(order);
        co_await invalidate(executor, shared, invalidation, 0);
        entered.push_back(invalidation->sequence);
    }
    co_return entered;
}

}  // namespace larder::proxy
