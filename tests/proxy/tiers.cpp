#include "proxy/tiers.h"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "tests/proxy/running.h"
#include "tests/proxy/sharing.h"
#include "tests/storage/memory_fixture.h"

namespace larder::proxy {
namespace {

using config::LayerName;
using config::Technology;
using policy::Invalidation;
using storage::Key;
using storage::now;
using storage::Stored;

// A slow layer that answers when the test says so.
class HeldLayer final : public storage::Layer {
  public:
    using Found = std::function<void(storage::VariantSetPtr, bool)>;

    void find(std::string key_text, storage::KeyHash, Found done) override {
        asked.push_back(std::move(key_text));
        held = std::move(done);
    }
    void insert(std::string key_text, storage::KeyHash, storage::ObjectPtr object,
                std::function<void(Stored)> done) override {
        inserted.emplace_back(std::move(key_text), std::move(object));
        done(Stored::yes);
    }
    void erase(std::shared_ptr<const storage::Selection>, storage::Erasure, std::size_t,
               std::function<void(storage::Erased, bool)> done) override {
        done({}, false);
    }
    storage::LayerStats stats() const override { return {42, 1, 0}; }

    void answer(const storage::ObjectPtr& object) {
        auto set = std::make_shared<storage::VariantSet>();
        set->variants.push_back(object);
        std::exchange(held, nullptr)(std::move(set), false);
    }
    void answer_nothing(bool failed = false) { std::exchange(held, nullptr)(nullptr, failed); }

    Found held;
    std::vector<std::string> asked;
    std::vector<std::pair<std::string, storage::ObjectPtr>> inserted;
};

constexpr std::uint32_t deep = 0, front = 1;

class TiersTest : public testing::Test {
  protected:
    TiersTest() {
        config.layers = {layer(LayerName::l3_database, 3, Technology::database), layer(LayerName::l1_application, 1)};
        config.strategies = {strategy("deep", "/**", LayerName::l3_database), strategy("front", "/front/**")};
        strategies = std::make_unique<policy::StrategyTable>(config);
        tiers = std::make_unique<Tiers>(config, *strategies, tickets, 1);
        tiers->add(config.layers[0], slow, *strategies);
    }

    storage::ObjectPtr response(std::string content = "content", std::vector<std::string> tags = {}) {
        auto object = storage::make({.content = std::move(content), .tags = std::move(tags)});
        object->stored_at = now;
        object->ticket = tickets.begin().sequence();
        return object;
    }
    std::string found(const std::string& url, std::uint32_t strategy = deep) {
        const auto found = tiers->find(Key(url).view, request, strategy, now, metrics);
        return found.object ? storage::content_of(*found.object) : "-";
    }
    Outcome<Tiers::Found> ask(const Key& key) {
        auto asked =
            start(context, tiers->find_slow(context.get_executor(), tickets, key.view, request, deep, now, metrics));
        turn(context);
        EXPECT_FALSE(*asked);
        return asked;
    }
    InvalidationReceipt purge(const std::shared_ptr<Invalidation>& invalidation, std::size_t list_at_most = 10) {
        tickets.enter(invalidation);
        return tiers->erase(*invalidation, list_at_most);
    }

    config::Config config;
    policy::Tickets tickets{100};
    std::unique_ptr<policy::StrategyTable> strategies;
    std::unique_ptr<Tiers> tiers;
    std::shared_ptr<HeldLayer> slow = std::make_shared<HeldLayer>();
    WorkerMetrics metrics{2, 1, 2};
    policy::Fields request;
    asio::io_context context;
};

const std::string url = "http://a/x";

TEST_F(TiersTest, OnlyStrategiesOfASlowLayerAskIt) {
    EXPECT_TRUE(tiers->slow(deep));
    EXPECT_FALSE(tiers->slow(front));
}

TEST_F(TiersTest, AreOrderedByTheirLevel) {
    ASSERT_EQ(tiers->size(), 2u);
    EXPECT_EQ(tiers->settings(0).layer_name, LayerName::l1_application);
    EXPECT_EQ(tiers->settings(1).layer_name, LayerName::l3_database);
    EXPECT_EQ(tiers->stats(1).bytes, 42u);
}

TEST_F(TiersTest, WhatASlowLayerHasIsPromoted) {
    const Key key(url);
    const auto object = response("deep");
    const auto asked = ask(key);
    EXPECT_EQ(slow->asked, std::vector<std::string>{url});
    EXPECT_EQ(found(url), "-");
    slow->answer(object);
    turn(context);
    ASSERT_TRUE(*asked);
    EXPECT_EQ((*asked)->object, object.get());
    EXPECT_EQ(found(url), "deep");
    EXPECT_EQ(tickets.outstanding(), 0u);
}

TEST_F(TiersTest, AnAnswerThatAPurgeOvertookIsNeitherServedNorPromoted) {
    const struct {
        const char* id;
        std::function<std::shared_ptr<Invalidation>()> make;
        bool selects;
    } cases[] = {
        {"key", [] { return Invalidation::single_key(url, 1); }, true},
        {"tag", [] { return Invalidation::tagged({"t"}); }, true},
        {"flush", [] { return Invalidation::flush(std::nullopt); }, true},
        {"another key", [] { return Invalidation::single_key("http://a/y", 1); }, false},
        {"another tag", [] { return Invalidation::tagged({"u"}); }, false},
    };
    for (const auto& c : cases) {
        const Key key(url);
        const auto object = response("old", {"t"});
        const auto asked = ask(key);
        purge(c.make());  // acknowledged here, while the answer is on its way
        slow->answer(object);
        turn(context);
        ASSERT_TRUE(*asked) << c.id;
        EXPECT_EQ((*asked)->object == nullptr, c.selects) << c.id;
        EXPECT_EQ((*asked)->set == nullptr, c.selects) << c.id;
        EXPECT_EQ(found(url), c.selects ? "-" : "old") << c.id;
        EXPECT_EQ(tickets.kept(), 0u) << c.id;
    }
}

TEST_F(TiersTest, APurgeAfterThePromotionFindsTheCopy) {
    const Key key(url);
    const auto object = response("old");
    const auto asked = ask(key);
    slow->answer(object);
    turn(context);
    EXPECT_EQ(purge(Invalidation::single_key(url, 1)).count, 1u);
    EXPECT_EQ(found(url), "-");
}

TEST_F(TiersTest, AnOlderAnswerDoesNotReplaceWhatWasStoredMeanwhile) {
    const Key key(url);
    const auto old = response("old");
    const auto asked = ask(key);
    tiers->store(key.view, response("new"), deep, metrics);
    slow->answer(old);
    turn(context);
    EXPECT_EQ(found(url), "new");
}

TEST_F(TiersTest, AVariantForAnotherRequestIsNotServed) {
    const Key key(url);
    auto object = storage::make({.content = "de", .ticket = 1, .vary = storage::language("de")});
    const auto asked = ask(key);
    slow->answer(object);
    turn(context);
    ASSERT_TRUE(*asked);
    EXPECT_EQ((*asked)->object, nullptr);
    EXPECT_EQ(found(url), "-");
}

TEST_F(TiersTest, ASlowLayerThatFailsIsAMiss) {
    const Key key(url);
    for (const bool failed : {false, true}) {
        const auto asked = ask(key);
        slow->answer_nothing(failed);
        turn(context);
        ASSERT_TRUE(*asked);
        EXPECT_EQ((*asked)->object, nullptr);
    }
    EXPECT_EQ(metrics.layers[1].misses.value(), 2);
}

TEST_F(TiersTest, TheNextSlowLayerIsAskedWhenTheFirstHasNothing) {
    const auto between = std::make_shared<HeldLayer>();
    tiers->add(layer(LayerName::l2_redis, 2, Technology::redis), between, *strategies);
    WorkerMetrics three(2, 1, 3);
    const Key key(url);
    const auto object = response("deep");
    const auto asked =
        start(context, tiers->find_slow(context.get_executor(), tickets, key.view, request, deep, now, three));
    turn(context);
    EXPECT_TRUE(slow->asked.empty());
    between->answer_nothing();
    turn(context);
    EXPECT_EQ(slow->asked.size(), 1u);
    slow->answer(object);
    turn(context);
    ASSERT_TRUE(*asked);
    EXPECT_EQ((*asked)->object, object.get());
    EXPECT_EQ(three.layers[1].misses.value(), 1);
    EXPECT_EQ(three.layers[2].hits.value(), 1);
}

TEST_F(TiersTest, FindCountsHitsAndMisses) {
    EXPECT_EQ(found(url), "-");
    tiers->store(Key(url).view, response(), front, metrics);
    EXPECT_EQ(found(url, front), "content");
    EXPECT_EQ(metrics.layers[0].misses.value(), 1);
    EXPECT_EQ(metrics.layers[0].hits.value(), 1);
    EXPECT_EQ(metrics.layers[0].stores[static_cast<std::size_t>(Stored::yes)].value(), 1);
}

TEST_F(TiersTest, FindTellsOfVariantsForOtherRequests) {
    auto object = storage::make({.ticket = 1, .vary = storage::language("de")});
    tiers->store(Key(url).view, object, front, metrics);
    const auto found = tiers->find(Key(url).view, request, front, now, metrics);
    EXPECT_EQ(found.object, nullptr);
    EXPECT_TRUE(found.set);
}

TEST_F(TiersTest, AStrategyStoresInItsLayerAndThoseInFront) {
    EXPECT_EQ(tiers->store(Key(url).view, response("one"), front, metrics), Stored::yes);
    EXPECT_TRUE(slow->inserted.empty());
    tiers->store(Key("http://a/y").view, response("two"), deep, metrics);
    ASSERT_EQ(slow->inserted.size(), 1u);
    EXPECT_EQ(slow->inserted[0].first, "http://a/y");
    EXPECT_EQ(found("http://a/y"), "two");
}

TEST_F(TiersTest, AStoreThatAPurgeOvertookIsRefused) {
    const auto ticket = tickets.begin();
    auto object = storage::make({.ticket = ticket.sequence()});
    purge(Invalidation::flush(std::nullopt));
    EXPECT_EQ(tiers->store(Key(url).view, object, front, metrics), Stored::invalidated);
    EXPECT_EQ(metrics.layers[0].stores[static_cast<std::size_t>(Stored::invalidated)].value(), 1);
    EXPECT_EQ(found(url, front), "-");
}

TEST_F(TiersTest, ARefreshPutsTheNextInThePlaceOfTheOld) {
    const auto old = response("old"), next = response("next");
    tiers->store(Key(url).view, old, front, metrics);
    EXPECT_EQ(tiers->refresh(Key(url).view, old, next, front, metrics), Stored::yes);
    EXPECT_EQ(found(url, front), "next");
    EXPECT_EQ(tiers->refresh(Key(url).view, old, response("late"), front, metrics), Stored::superseded);
    EXPECT_EQ(found(url, front), "next");
}

TEST_F(TiersTest, DropRemovesThatObjectAndNoOther) {
    const auto old = response("old"), next = response("next");
    tiers->store(Key(url).view, old, front, metrics);
    tiers->store(Key(url).view, next, front, metrics);
    tiers->drop(Key(url).view, old, front);
    EXPECT_EQ(found(url, front), "next");
    tiers->drop(Key(url).view, next, front);
    EXPECT_EQ(found(url, front), "-");
}

TEST_F(TiersTest, APurgeTellsWhatItFoundInEachLayer) {
    for (const char* text : {"http://a/1", "http://a/2", "http://a/2 Accept=x"}) {
        tiers->store(Key(text).view, response(), front, metrics);
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
        tiers->store(Key("http://a/" + std::to_string(i)).view, response(), front, metrics);
    }
    const auto receipt = purge(Invalidation::flush(std::nullopt), 2);
    EXPECT_EQ(receipt.count, 5u);
    EXPECT_EQ(receipt.keys.size(), 2u);
}

TEST_F(TiersTest, APurgeOfAnotherLayerLeavesThisOne) {
    tiers->store(Key(url).view, response(), front, metrics);
    const auto flush = Invalidation::flush(std::nullopt);
    flush->layer = LayerName::l3_database;
    EXPECT_EQ(purge(flush).count, 0u);
    EXPECT_EQ(found(url, front), "content");
}

TEST_F(TiersTest, ExpireLetsGoOfWhatIsPastItsTime) {
    tiers->store(Key(url).view, response(), front, metrics);
    tiers->expire(now + 59);
    EXPECT_EQ(tiers->stats(0).objects, 1u);
    tiers->expire(now + 61);
    EXPECT_EQ(tiers->stats(0).objects, 0u);
}

TEST_F(TiersTest, AStrategyWithoutALayerStoresNothing) {
    config.strategies = {strategy("none", "/**", LayerName::l4_cdn)};
    const policy::StrategyTable table(config);
    Tiers empty(config, table, tickets, 1);
    EXPECT_EQ(empty.store(Key(url).view, response(), 0, metrics), Stored::failed);
    EXPECT_EQ(empty.find(Key(url).view, request, 0, now, metrics).object, nullptr);
    EXPECT_EQ(empty.largest(0), 0u);
}

// --- promotions and purges on two threads

// Has one response, which a purge replaces by one of a later fetch.
class ChangingLayer final : public storage::Layer {
  public:
    explicit ChangingLayer(policy::Tickets& tickets) : tickets_(tickets) { change(); }

    void find(std::string, storage::KeyHash, std::function<void(storage::VariantSetPtr, bool)> done) override {
        auto set = std::make_shared<storage::VariantSet>();
        {
            const std::lock_guard lock(mutex_);
            set->variants.push_back(object_);
        }
        done(std::move(set), false);
    }
    void insert(std::string, storage::KeyHash, storage::ObjectPtr, std::function<void(Stored)> done) override {
        done(Stored::yes);
    }
    void erase(std::shared_ptr<const storage::Selection>, storage::Erasure, std::size_t,
               std::function<void(storage::Erased, bool)> done) override {
        done({}, false);
    }
    storage::LayerStats stats() const override { return {}; }

    void change() {
        auto next = storage::make({.ticket = tickets_.begin().sequence()});
        const std::lock_guard lock(mutex_);
        object_ = std::move(next);
    }

  private:
    policy::Tickets& tickets_;
    std::mutex mutex_;
    storage::ObjectPtr object_;  // under mutex_
};

struct Asking {
    Tiers& tiers;
    policy::Tickets& tickets;
    WorkerMetrics& metrics;
    Executor executor;
    std::atomic<bool> stop = false;
    std::atomic<int> promoted = 0;
};

Task<void> ask_again_and_again(Asking& asking, const Key& key) {
    const policy::Fields request;
    while (!asking.stop) {
        const auto found = co_await asking.tiers.find_slow(asking.executor, asking.tickets, key.view, request, deep,
                                                           now, asking.metrics);
        if (found.object) ++asking.promoted;
    }
}

TEST_F(TiersTest, NoPromotionUndoesAnAcknowledgedPurge) {
    const auto changing = std::make_shared<ChangingLayer>(tickets);
    config.layers[0].cache_level = 2;
    Tiers racing(config, *strategies, tickets, 1);
    racing.add(config.layers[0], changing, *strategies);
    WorkerMetrics asking_metrics(2, 1, 2);
    Asking asking{racing, tickets, asking_metrics, context.get_executor()};
    const Key key(url);
    start(context, ask_again_and_again(asking, key));
    std::thread worker([&] { context.run(); });
    for (int i = 0; i < 500; ++i) {
        while (asking.promoted.exchange(0) == 0) std::this_thread::yield();
        const auto invalidation = Invalidation::single_key(url, 1);
        tickets.enter(invalidation);
        changing->change();
        racing.erase(*invalidation, 0);
        const auto after = racing.find(key.view, request, deep, now, metrics);
        if (after.object) {
            EXPECT_GT(after.object->ticket, invalidation->sequence) << i;
        }
    }
    asking.stop = true;
    worker.join();
}

}  // namespace
}  // namespace larder::proxy
