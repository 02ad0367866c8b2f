#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "proxy/deadlines.h"
#include "tests/proxy/tiered.h"

namespace larder::proxy {
namespace {

const std::string url = "http://a/x";

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
    store(url, response("new"));
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
    EXPECT_EQ(counted(1).misses.value(), 1);
    EXPECT_EQ(counted(1).errors.value(), 1);
}

// Nothing strikes before the test says that the time has passed.
class Overdue : public TiersTest {
  protected:
    void pass(std::chrono::milliseconds time) {
        deadlines_of(context.get_executor()).check(Steady::now() + time);
        turn(context);
    }
    void wait_in_vain() {
        const auto asked = ask(key);
        pass(config::FileSystem().lookup_timeout);
        EXPECT_TRUE(*asked);
    }
    const Key key{url};
};

TEST_F(Overdue, ALookupThatIsNotAnsweredInTimeIsAMissAndItsAnswerIsDropped) {
    const auto object = response("late");
    const auto asked = ask(key);
    pass(config::FileSystem().lookup_timeout / 2);
    EXPECT_FALSE(*asked);
    pass(config::FileSystem().lookup_timeout);
    ASSERT_TRUE(*asked);
    EXPECT_EQ((*asked)->object, nullptr);
    EXPECT_EQ(counted(1).errors.value(), 1);
    EXPECT_EQ(counted(1).misses.value(), 0);
    EXPECT_EQ(tiers->stats(1).errors[static_cast<std::size_t>(storage::LayerError::timeout)], 1u);
    EXPECT_EQ(tickets.outstanding(), 0u);
    slow->answer(object);
    turn(context);
    EXPECT_EQ(found(url), "-");
}

TEST_F(Overdue, TheNextLayerIsAskedWhenTheFirstIsNotAnsweringInTime) {
    const auto behind = std::make_shared<HeldLayer>();
    auto three = two_tiers(behind);
    three.push_back(slow_tier(layer(LayerName::l2_redis, 2, config::Technology::redis), slow));
    Tiers both(std::move(three), *strategies, tickets);
    const auto object = response("deep");
    const auto asked = start(context, both.find_slow(context.get_executor(), key.view, request, deep, now, metrics));
    turn(context);
    EXPECT_TRUE(behind->asked.empty());
    pass(config::FileSystem().lookup_timeout);
    ASSERT_EQ(behind->asked.size(), 1u);
    behind->answer(object);
    turn(context);
    ASSERT_TRUE(*asked);
    EXPECT_EQ((*asked)->object, object.get());
}

TEST_F(Overdue, ALayerThatHangsIsNotAskedAnyMore) {
    for (unsigned i = 0; i < LayerHealth::max_timeouts_in_a_row; ++i) {
        EXPECT_TRUE(tiers->stats(1).available);
        wait_in_vain();
    }
    EXPECT_FALSE(tiers->stats(1).available);
    const auto times = slow->asked.size();
    const auto asked = start(context, tiers->find_slow(context.get_executor(), key.view, request, deep, now, metrics));
    turn(context);
    EXPECT_TRUE(*asked);
    EXPECT_EQ(slow->asked.size(), times);
}

TEST_F(Overdue, AnErasureThatIsNotAnsweredInTimeHasFailedAndIsNotDurable) {
    store(url, response(), front);
    const auto erased = begin_purge(Invalidation::flush(std::nullopt));
    pass(config::FileSystem().timeout / 2);
    EXPECT_FALSE(*erased);
    pass(config::FileSystem().timeout);
    ASSERT_TRUE(*erased);
    EXPECT_FALSE((*erased)->durable);
    ASSERT_EQ((*erased)->layers.size(), 2u);
    EXPECT_FALSE((*erased)->layers[0].failed);
    EXPECT_TRUE((*erased)->layers[1].failed);
    EXPECT_EQ((*erased)->count, 1u);  // of the layer that answers at once
    EXPECT_EQ(found(url, front), "-");
    slow->erase_all();
    turn(context);
}

TEST_F(Overdue, ADryRunThatIsNotAnsweredInTimeBringsNothingBack) {
    const auto flush = Invalidation::flush(std::nullopt);
    flush->erasure = storage::Erasure::dry_run;
    const auto erased = start(context, tiers->erase(context.get_executor(), flush, 0));
    turn(context);
    pass(config::FileSystem().timeout);
    ASSERT_TRUE(*erased);
    EXPECT_TRUE((*erased)->durable);
    EXPECT_TRUE((*erased)->layers[1].failed);
}

// Each of many writes would wait for it.
TEST_F(Overdue, ErasuresAreGivenToALayerThatHangsAndNotWaitedFor) {
    for (unsigned i = 0; i < LayerHealth::max_timeouts_in_a_row; ++i) {
        const auto erased = begin_purge(Invalidation::flush(std::nullopt));
        pass(config::FileSystem().timeout);
        EXPECT_TRUE(*erased);
    }
    const auto waiting = slow->erasing();
    const auto erased = begin_purge(Invalidation::flush(std::nullopt));
    ASSERT_TRUE(*erased);
    EXPECT_FALSE((*erased)->durable);
    EXPECT_TRUE((*erased)->layers[1].failed);
    EXPECT_EQ(slow->erasing(), waiting + 1);
}

TEST_F(TiersTest, TheNextSlowLayerIsAskedWhenTheFirstHasNothing) {
    const auto between = std::make_shared<HeldLayer>();
    auto three = two_tiers(slow);
    three.push_back(slow_tier(layer(LayerName::l2_redis, 2, config::Technology::redis), between));
    Tiers tiers(std::move(three), *strategies, tickets);
    const Key key(url);
    const auto object = response("deep");
    const auto asked = start(context, tiers.find_slow(context.get_executor(), key.view, request, deep, now, metrics));
    turn(context);
    EXPECT_TRUE(slow->asked.empty());
    between->answer_nothing();
    turn(context);
    EXPECT_EQ(slow->asked.size(), 1u);
    slow->answer(object);
    turn(context);
    ASSERT_TRUE(*asked);
    EXPECT_EQ((*asked)->object, object.get());
    EXPECT_EQ(tiers.counters(1).sum([](const LayerCounters& c) -> const Counter& { return c.misses; }), 1);
    EXPECT_EQ(tiers.counters(2).sum([](const LayerCounters& c) -> const Counter& { return c.hits; }), 1);
}

// Shared with another node: has one response, which that node replaces by a later one before our purge begins.
class ChangingLayer final : public HeldLayer {
  public:
    explicit ChangingLayer(policy::Tickets& tickets) : tickets_(tickets) { change(); }

    void find(storage::OwnedKey, Choose choose, std::function<void(Found)> done) override {
        auto set = std::make_shared<storage::VariantSet>();
        {
            const std::lock_guard lock(mutex_);
            set->variants.push_back(object_);
        }
        Found found;
        found.object = choose(*set);
        found.set = std::move(set);
        done(std::move(found));
    }
    void erase(std::shared_ptr<const storage::Selection>, storage::Erasure, std::size_t,
               std::function<void(Applied)> done) override {
        done({});
    }

    void change() {
        auto next = storage::make({.ticket = tickets_.begin().sequence()});
        const std::lock_guard lock(mutex_);
        object_ = std::move(next);
    }

    policy::Sequence ticket() const {
        const std::lock_guard lock(mutex_);
        return object_->ticket;
    }

  private:
    policy::Tickets& tickets_;
    mutable std::mutex mutex_;
    storage::ObjectPtr object_;  // under mutex_
};

struct Asking {
    Tiers& tiers;
    WorkerMetrics& metrics;
    Executor executor;
    std::atomic<bool> stop = false;
    std::atomic<int> promoted = 0;
};

Task<void> ask_again_and_again(Asking& asking, const Key& key) {
    const policy::Fields request;
    while (!asking.stop) {
        const auto found =
            co_await asking.tiers.find_slow(asking.executor, key.view, request, deep, now, asking.metrics);
        if (found.object) ++asking.promoted;
    }
}

TEST_F(TiersTest, NoPromotionUndoesAnAcknowledgedPurge) {
    const auto changing = std::make_shared<ChangingLayer>(tickets);
    Tiers racing(two_tiers(changing), *strategies, tickets);
    WorkerMetrics asking_metrics(1);
    Asking asking{racing, asking_metrics, context.get_executor()};
    const Key key(url);
    start(context, ask_again_and_again(asking, key));
    std::thread worker([&] { context.run(); });
    for (int i = 0; i < 500; ++i) {
        while (asking.promoted.exchange(0) == 0) std::this_thread::yield();
        const auto invalidation = Invalidation::single_key(url, 1);
        auto applying = tickets.enter(invalidation);
        changing->change();
        asio::io_context here;
        start(here, racing.erase(here.get_executor(), invalidation, 0));
        here.run();
        applying.reset();
        const auto after = racing.find(key.view, request, deep, now, metrics);
        if (after.object) {
            EXPECT_GE(after.object->ticket, changing->ticket()) << i;
        }
    }
    asking.stop = true;
    worker.join();
}

}  // namespace
}  // namespace larder::proxy
