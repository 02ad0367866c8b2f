// Processes that tell each other invalidations: here each is a Relay, and all share a context that is cranked by hand.
#include "proxy/relay.h"

#include <gtest/gtest.h>

#include <boost/asio/local/connect_pair.hpp>

#include "tests/proxy/running.h"

namespace larder::proxy {
namespace {

class Process {
  public:
    explicit Process(asio::io_context& context) : context_(context) {
        relay = std::make_unique<Relay>(
            context.get_executor(), loops,
            Relay::Hooks{[this](std::string order) { return apply(*this, std::move(order)); },
                         [this] { taken_over = true; }, [this] { return find(*this); }, [this] { ++unheard; }});
    }

    // This one comes, and takes over from the other.
    void come(Process& before) { connect(before, *this); }
    std::shared_ptr<bool> tell(const std::string& order) {
        return start(context_, relay->tell(context_.get_executor(), order));
    }

    static void connect(Process& older, Process& newer) {
        LocalSocket one(older.context_), other(older.context_);
        asio::local::connect_pair(one, other);
        older.relay->join(std::move(one), Relay::Peer::newer, Relay::Side::connected);
        newer.relay->join(std::move(other), Relay::Peer::older, Relay::Side::connected);
    }

    Events events;
    Loops loops{events};
    std::vector<std::string> applied;
    bool applies = true;  // false: it hangs
    bool taken_over = false;
    int unheard = 0;
    Process* newest = nullptr;  // whom it finds
    std::unique_ptr<Relay> relay;

  private:
    static Task<void> apply(Process& process, std::string order) {
        process.applied.push_back(std::move(order));
        while (!process.applies) {
            asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor> never(
                process.context_.get_executor(), std::chrono::milliseconds(1));
            co_await never.async_wait(no_throw);
        }
    }
    static Task<LocalSocket> find(Process& process) {
        LocalSocket one(process.context_.get_executor()), other(process.context_.get_executor());
        if (process.newest) {
            asio::local::connect_pair(one, other);
            process.newest->relay->join(std::move(other), Relay::Peer::older, Relay::Side::connected);
        }
        co_return one;
    }

    asio::io_context& context_;
};

class RelayTest : public testing::Test {
  protected:
    // Until `done`, or for some seconds.
    template <class Done>
    bool eventually(Done done) {
        const auto end = Steady::now() + std::chrono::seconds(10);
        while (!done() && Steady::now() < end) {
            context.restart();
            context.run_for(std::chrono::milliseconds(1));
        }
        return done();
    }
    void turn_some() {
        for (int i = 0; i < 20; ++i) turn(context);
    }

    asio::io_context context;
};

using Orders = std::vector<std::string>;

TEST_F(RelayTest, AloneNobodyWaits) {
    Process process(context);
    const auto told = process.tell("x");
    turn(context);
    EXPECT_TRUE(*told);
    EXPECT_EQ(process.unheard, 0);
}

TEST_F(RelayTest, BothSidesHearAndAreWaitedFor) {
    Process before(context), after(context);
    after.come(before);
    const auto one = before.tell("write");
    const auto other = after.tell("purge");
    EXPECT_TRUE(eventually([&] { return *one && *other; }));
    EXPECT_EQ(after.applied, Orders{"write"});
    EXPECT_EQ(before.applied, Orders{"purge"});

    after.applies = false;
    const auto third = before.tell("again");
    turn_some();
    EXPECT_EQ(after.applied.back(), "again");
    EXPECT_FALSE(*third) << "not before it has been applied";
    after.applies = true;
    EXPECT_TRUE(eventually([&] { return *third; }));
}

TEST_F(RelayTest, TheOlderOneIsTakenOverFromWhenTheNewerOneServes) {
    Process before(context), after(context);
    after.come(before);
    turn_some();
    EXPECT_FALSE(before.taken_over);
    after.relay->serving();
    EXPECT_TRUE(eventually([&] { return before.taken_over; }));
    EXPECT_FALSE(after.taken_over);
}

TEST_F(RelayTest, OneThatGivesUpBeforeItServesLeavesNoTrace) {
    Process before(context);
    auto after = std::make_unique<Process>(context);
    after->come(before);
    turn_some();
    after.reset();
    EXPECT_TRUE(eventually([&] { return before.relay->joined() == 0; }));
    const auto told = before.tell("write");
    turn(context);
    EXPECT_TRUE(*told);
    EXPECT_EQ(before.unheard, 0);
    EXPECT_TRUE(before.applied.empty());
}

TEST_F(RelayTest, AThirdOneHearsOfTheFirstThroughTheSecond) {
    Process first(context), second(context), third(context);
    second.come(first);
    second.relay->serving();
    third.come(second);
    third.applies = false;
    const auto told = first.tell("write");
    turn_some();
    EXPECT_EQ(third.applied, Orders{"write"});
    EXPECT_FALSE(*told);
    third.applies = true;
    EXPECT_TRUE(eventually([&] { return *told; }));
    const auto back = third.tell("purge");
    EXPECT_TRUE(eventually([&] { return *back; }));
    EXPECT_EQ(first.applied, Orders{"purge"});
}

TEST_F(RelayTest, WhenTheSecondEndsTheFirstJoinsTheThirdAndTellsItWhatIsNotApplied) {
    Process first(context), third(context);
    auto second = std::make_unique<Process>(context);
    second->come(first);
    second->relay->serving();
    ASSERT_TRUE(eventually([&] { return first.taken_over; }));
    second->applies = false;
    const auto told = first.tell("write");
    turn_some();
    EXPECT_FALSE(*told);
    first.newest = &third;
    second->relay->close();
    EXPECT_TRUE(eventually([&] { return *told; }));
    EXPECT_EQ(third.applied, Orders{"write"});
    EXPECT_EQ(first.unheard, 0);
    EXPECT_TRUE(eventually([&] { return !first.applied.empty(); }));
    EXPECT_NE(first.applied[0].find("MANUAL_FLUSH"), std::string::npos)
        << "it may have missed what the second was told";
    const auto purge = third.tell("purge");
    EXPECT_TRUE(eventually([&] { return *purge; }));
    EXPECT_EQ(first.applied.back(), "purge");
    second->applies = true;
    turn_some();
}

TEST_F(RelayTest, WhatNobodyHearsAnyMoreIsSaid) {
    Process before(context);
    auto after = std::make_unique<Process>(context);
    after->come(before);
    after->relay->serving();
    ASSERT_TRUE(eventually([&] { return before.taken_over; }));
    after->relay->close();
    const auto told = before.tell("write");
    turn_some();
    EXPECT_FALSE(*told) << "while it looks for the newest";
    EXPECT_TRUE(eventually([&] { return *told; }));
    EXPECT_GE(before.unheard, 1);
    const int before_last = before.unheard;
    const auto last = before.tell("write");
    EXPECT_TRUE(eventually([&] { return *last; }));
    EXPECT_GT(before.unheard, before_last);
}

TEST_F(RelayTest, AnOlderOneThatHangsIsDropped) {
    Process before(context), after(context);
    after.come(before);
    before.applies = false;
    const auto told = after.tell("purge");
    turn_some();
    after.relay->tend(Steady::now() + Relay::patience / 2);
    turn_some();
    EXPECT_FALSE(*told);
    after.relay->tend(Steady::now() + Relay::patience * 2);
    EXPECT_TRUE(eventually([&] { return *told; }));
    EXPECT_EQ(after.relay->joined(), 0u);
    before.applies = true;
    turn_some();
}

TEST_F(RelayTest, ANewerOneThatHangsIsWaitedForUntilTheEnd) {
    Process before(context), after(context);
    after.come(before);
    after.applies = false;
    const auto told = before.tell("write");
    turn_some();
    before.relay->tend(Steady::now() + Relay::patience * 2);
    turn_some();
    EXPECT_FALSE(*told);
    before.relay->close();
    EXPECT_TRUE(eventually([&] { return *told; }));
    after.applies = true;
    turn_some();
}

TEST_F(RelayTest, AnOrderThatIsUnknownOrTooLongDropsEverything) {
    Process before(context), after(context);
    after.come(before);
    for (const std::string& order : {std::string(), std::string(2 * 1024 * 1024, 'x')}) {
        const auto told = before.tell(order);
        EXPECT_TRUE(eventually([&] { return *told; }));
        EXPECT_NE(after.applied.back().find("MANUAL_FLUSH"), std::string::npos);
    }
}

TEST_F(RelayTest, ManyAtATimeAllArrive) {
    Process before(context), after(context);
    after.come(before);
    std::vector<std::shared_ptr<bool>> told;
    for (int i = 0; i < 500; ++i) told.push_back(before.tell(std::to_string(i) + std::string(1000, ' ')));
    EXPECT_TRUE(
        eventually([&] { return std::all_of(told.begin(), told.end(), [](const auto& one) { return *one; }); }));
    EXPECT_EQ(after.applied.size(), 500u);
}

}  // namespace
}  // namespace larder::proxy
