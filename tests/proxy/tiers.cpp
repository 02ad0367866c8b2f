#include "proxy/tiers.h"

#include <gtest/gtest.h>

#include "tests/proxy/tiered.h"

namespace larder::proxy {
namespace {

const std::string url = "http://a/x";

TEST_F(TiersTest, OnlyStrategiesOfASlowLayerAskIt) {
    EXPECT_TRUE(tiers->slow(deep));
    EXPECT_FALSE(tiers->slow(front));
}

TEST_F(TiersTest, AreOrderedByTheirLevel) {
    ASSERT_EQ(tiers->size(), 2u);
    EXPECT_EQ(tiers->settings(0).layer_name, LayerName::l1_application);
    EXPECT_EQ(tiers->settings(1).layer_name, LayerName::l3_database);
    slow->said.bytes = 42;
    EXPECT_EQ(tiers->stats(1).bytes, 42u);
    EXPECT_TRUE(tiers->memory(0));
    EXPECT_EQ(tiers->layer(1), slow);
}

TEST_F(TiersTest, FindCountsHitsAndMisses) {
    EXPECT_EQ(found(url), "-");
    store(url, response(), front);
    EXPECT_EQ(found(url, front), "content");
    EXPECT_EQ(counted(0).misses.value(), 1);
    EXPECT_EQ(counted(0).hits.value(), 1);
    EXPECT_EQ(counted(0).stores[static_cast<std::size_t>(Stored::yes)].value(), 1);
}

TEST_F(TiersTest, FindTellsOfVariantsForOtherRequests) {
    auto object = storage::make({.ticket = 1, .vary = storage::language("de")});
    store(url, object, front);
    const auto found = tiers->find(Key(url).view, request, front, now, metrics);
    EXPECT_EQ(found.object, nullptr);
    EXPECT_TRUE(found.set);
}

TEST_F(TiersTest, AStrategyStoresInItsLayerAndThoseInFront) {
    EXPECT_EQ(store(url, response("one"), front), Stored::yes);
    EXPECT_TRUE(slow->inserted.empty());
    store("http://a/y", response("two"), deep);
    ASSERT_EQ(slow->inserted.size(), 1u);
    EXPECT_EQ(slow->inserted[0].first, "http://a/y");
    EXPECT_EQ(found("http://a/y"), "two");
}

TEST_F(TiersTest, AStoreThatAPurgeOvertookIsRefused) {
    const auto fetch = ticket();
    auto object = storage::make({.ticket = fetch->sequence()});
    purge(Invalidation::flush(std::nullopt));
    EXPECT_EQ(tiers->store(Key(url).view, object, front, fetch, metrics), Stored::invalidated);
    EXPECT_EQ(counted(0).stores[static_cast<std::size_t>(Stored::invalidated)].value(), 1);
    EXPECT_EQ(found(url, front), "-");
}

// Cache-Status says `stored` of what this says.
TEST_F(TiersTest, AStoreIsAsGoodAsTheLayersSay) {
    config.strategies = {strategy("slow only", "/**", LayerName::l3_database)};
    const policy::StrategyTable table(config);
    Tiers alone({slow_tier(config.layers[0], slow)}, table, tickets);
    const auto store = [&](Stored said) {
        slow->to_stores = said;
        return alone.store(Key(url).view, response(), 0, ticket(), metrics);
    };
    for (const Stored said : {Stored::yes, Stored::skipped, Stored::too_large, Stored::failed}) {
        EXPECT_EQ(store(said), said) << word(said);
        slow->to_stores = said;
        EXPECT_EQ(alone.refresh(Key(url).view, response(), response(), 0, ticket(), metrics), said) << word(said);
    }
    // MEMORY in front has it.
    for (const Stored said : {Stored::skipped, Stored::too_large, Stored::failed}) {
        slow->to_stores = said;
        EXPECT_EQ(this->store("http://a/" + std::string(word(said)), response(), deep), Stored::yes) << word(said);
    }
    EXPECT_EQ(tickets.outstanding(), 2u);  // of those that wait
}

TEST_F(TiersTest, ARefreshPutsTheNextInThePlaceOfTheOld) {
    const auto old = response("old"), next = response("next");
    store(url, old, front);
    EXPECT_EQ(refresh(url, old, next, front), Stored::yes);
    EXPECT_EQ(found(url, front), "next");
    EXPECT_EQ(refresh(url, old, response("late"), front), Stored::superseded);
    EXPECT_EQ(found(url, front), "next");
}

TEST_F(TiersTest, DropRemovesThatObjectAndNoOther) {
    const auto old = response("old"), next = response("next");
    store(url, old, front);
    store(url, next, front);
    tiers->drop(Key(url).view, old, front);
    EXPECT_EQ(found(url, front), "next");
    tiers->drop(Key(url).view, next, front);
    EXPECT_EQ(found(url, front), "-");
}

TEST_F(TiersTest, APurgeTellsWhatItFoundInEachLayer) {
    for (const char* text : {"http://a/1", "http://a/2", "http://a/2 Accept=x"}) {
        store(text, response(), front);
    }
    const auto receipt = purge(Invalidation::single_key("http://a/2", 1));
    EXPECT_EQ(receipt.count, 2u);
    EXPECT_EQ(receipt.keys, (std::vector<std::string>{"http://a/2", "http://a/2 Accept=x"}));
    ASSERT_FALSE(receipt.layers.empty());
    EXPECT_EQ(receipt.layers[0].tier, 0u);
    EXPECT_EQ(receipt.layers[0].count, 2u);
}

TEST_F(TiersTest, APurgeListsNoMoreKeysThanAsked) {
    for (int i = 0; i < 5; ++i) {
        store("http://a/" + std::to_string(i), response(), front);
    }
    const auto receipt = purge(Invalidation::flush(std::nullopt), 2);
    EXPECT_EQ(receipt.count, 5u);
    EXPECT_EQ(receipt.keys.size(), 2u);
}

TEST_F(TiersTest, APurgeOfAnotherLayerLeavesThisOne) {
    store(url, response(), front);
    const auto flush = Invalidation::flush(std::nullopt);
    flush->layer = LayerName::l3_database;
    EXPECT_EQ(purge(flush).count, 0u);
    EXPECT_EQ(found(url, front), "content");
}

TEST_F(TiersTest, ExpireLetsGoOfWhatIsPastItsTime) {
    store(url, response(), front);
    tiers->expire(now + 59);
    EXPECT_EQ(tiers->stats(0).objects, 1u);
    tiers->expire(now + 61);
    EXPECT_EQ(tiers->stats(0).objects, 0u);
}

TEST_F(TiersTest, AStrategyWithoutALayerStoresNothing) {
    config.strategies = {strategy("none", "/**", LayerName::l4_cdn)};
    const policy::StrategyTable table(config);
    Tiers empty({memory_tier(config.layers[1])}, table, tickets);
    EXPECT_EQ(empty.store(Key(url).view, response(), 0, ticket(), metrics), Stored::failed);
    EXPECT_EQ(empty.find(Key(url).view, request, 0, now, metrics).object, nullptr);
    EXPECT_EQ(empty.largest(0), 0u);
}

}  // namespace
}  // namespace larder::proxy
