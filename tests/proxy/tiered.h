// A MEMORY tier in front of a slow layer that the test holds in its hand.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "proxy/tiers.h"
#include "tests/proxy/held_layer.h"
#include "tests/proxy/running.h"
#include "tests/proxy/sharing.h"
#include "tests/storage/memory_fixture.h"

namespace larder::proxy {

using config::LayerName;
using policy::Invalidation;
using storage::Key;
using storage::now;
using storage::Stored;

inline constexpr std::uint32_t deep = 0, front = 1;

// Worker 0 is the test's thread.
inline std::shared_ptr<PerWorker<LayerCounters>> counters_of_two_workers() {
    return std::make_shared<PerWorker<LayerCounters>>(2);
}

inline Tier slow_tier(const config::Layer& settings, std::shared_ptr<storage::Layer> layer) {
    return {settings, nullptr, std::move(layer), counters_of_two_workers()};
}

inline Tier memory_tier(const config::Layer& settings) {
    storage::MemoryOptions options;
    options.max_bytes = settings.max_size_bytes;
    options.seed = 1;
    return {settings, std::make_shared<storage::MemoryLayer>(options), nullptr, counters_of_two_workers()};
}

class TiersTest : public testing::Test {
  protected:
    TiersTest() {
        config.layers = {layer(LayerName::l3_database, 3, config::Technology::database),
                         layer(LayerName::l1_application, 1)};
        config.strategies = {strategy("deep", "/**", LayerName::l3_database), strategy("front", "/front/**")};
        strategies = std::make_unique<policy::StrategyTable>(config);
        tiers = std::make_unique<Tiers>(two_tiers(slow), *strategies, tickets);
    }

    // MEMORY, and behind it this one.
    std::vector<Tier> two_tiers(std::shared_ptr<storage::Layer> behind) const {
        return {slow_tier(config.layers[0], std::move(behind)), memory_tier(config.layers[1])};
    }
    storage::ObjectPtr response(std::string content = "content", std::vector<std::string> tags = {}) {
        auto object = storage::make({.content = std::move(content), .tags = std::move(tags)});
        object->stored_at = now;
        object->ticket = tickets.begin().sequence();
        return object;
    }
    Tiers::Hold ticket() { return std::make_shared<policy::Tickets::Ticket>(tickets.begin()); }
    Stored store(const std::string& url, const storage::ObjectPtr& object, std::uint32_t strategy = deep) {
        return tiers->store(Key(url).view, object, strategy, ticket(), metrics);
    }
    Stored refresh(const std::string& url, const storage::ObjectPtr& old, const storage::ObjectPtr& next,
                   std::uint32_t strategy = deep) {
        return tiers->refresh(Key(url).view, old, next, strategy, ticket(), metrics);
    }
    // What was counted of a tier.
    LayerCounters& counted(std::size_t tier) const { return tiers->all()[tier].counters->of(0); }
    std::string found(const std::string& url, std::uint32_t strategy = deep) {
        const auto found = tiers->find(Key(url).view, request, strategy, now, metrics);
        return found.object ? storage::content_of(*found.object) : "-";
    }
    Outcome<Tiers::Found> ask(const Key& key) {
        auto asked = start(context, tiers->find_slow(context.get_executor(), key.view, request, deep, now, metrics));
        turn(context);
        EXPECT_FALSE(*asked);
        return asked;
    }
    // Entered, and applied to the layers; the slow one answers when the test says so.
    Outcome<InvalidationReceipt> begin_purge(const std::shared_ptr<Invalidation>& invalidation,
                                             std::size_t list_at_most = 10) {
        tickets.enter(invalidation);
        auto erased = start(context, tiers->erase(context.get_executor(), invalidation, list_at_most));
        turn(context);
        return erased;
    }
    InvalidationReceipt purge(const std::shared_ptr<Invalidation>& invalidation, std::size_t list_at_most = 10) {
        const auto erased = begin_purge(invalidation, list_at_most);
        slow->erase_all();
        turn(context);
        EXPECT_TRUE(*erased);
        return erased->value_or(InvalidationReceipt());
    }

    config::Config config;
    policy::Tickets tickets{100};
    std::unique_ptr<policy::StrategyTable> strategies;
    std::shared_ptr<HeldLayer> slow = std::make_shared<HeldLayer>();
    std::unique_ptr<Tiers> tiers;
    WorkerMetrics metrics{0};
    policy::Fields request;
    asio::io_context context;
};

}  // namespace larder::proxy
