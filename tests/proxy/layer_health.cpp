#include "proxy/layer_health.h"

#include <gtest/gtest.h>

namespace larder::proxy {
namespace {

using namespace std::chrono_literals;

const Steady::time_point begin{1000s};

class LayerHealthTest : public testing::Test {
  protected:
    void time_out(unsigned times, Steady::time_point now = begin) {
        for (unsigned i = 0; i < times; ++i) health.timed_out(now);
    }
    LayerHealth health;
};

TEST_F(LayerHealthTest, AFewTimeoutsAmongAnswersLeaveItAvailable) {
    for (int i = 0; i < 100; ++i) {
        time_out(LayerHealth::max_timeouts_in_a_row - 1);
        EXPECT_TRUE(health.may_ask(begin));
        health.answered();
    }
    EXPECT_EQ(health.timeouts(), 100 * (LayerHealth::max_timeouts_in_a_row - 1));
}

TEST_F(LayerHealthTest, ManyInARowCloseItForASecondAndThenOneAsks) {
    time_out(LayerHealth::max_timeouts_in_a_row);
    EXPECT_FALSE(health.available());
    EXPECT_FALSE(health.may_ask(begin + 999ms));
    EXPECT_TRUE(health.may_ask(begin + 1s));
    EXPECT_FALSE(health.may_ask(begin + 1s));
    EXPECT_FALSE(health.available());
    health.answered();
    EXPECT_TRUE(health.available());
    EXPECT_TRUE(health.may_ask(begin + 1s));
    time_out(1, begin + 1s);
    EXPECT_TRUE(health.available());
}

TEST_F(LayerHealthTest, ThePauseGrowsToAMinute) {
    auto now = begin;
    time_out(LayerHealth::max_timeouts_in_a_row, now);
    for (const auto pause : {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
        EXPECT_FALSE(health.may_ask(now + pause - 1ms)) << pause.count();
        now += pause;
        EXPECT_TRUE(health.may_ask(now)) << pause.count();
        health.timed_out(now);
    }
}

// A full queue refuses at once, hung as the layer may be behind it.
TEST_F(LayerHealthTest, WhatFailsAtOnceNeitherOpensNorClosesIt) {
    for (int i = 0; i < 100; ++i) health.failed(begin);
    EXPECT_TRUE(health.available());
    time_out(LayerHealth::max_timeouts_in_a_row);
    health.failed(begin);
    EXPECT_FALSE(health.available());
    EXPECT_TRUE(health.may_ask(begin + 1s));
    health.failed(begin + 1s);
    EXPECT_FALSE(health.may_ask(begin + 2s));
    EXPECT_TRUE(health.may_ask(begin + 3s));
}

TEST_F(LayerHealthTest, WhatWasUnderWayWhenItClosedMakesThePauseNoLonger) {
    time_out(LayerHealth::max_timeouts_in_a_row + 50);
    EXPECT_TRUE(health.may_ask(begin + 1s));
    EXPECT_EQ(health.timeouts(), LayerHealth::max_timeouts_in_a_row + 50);
}

}  // namespace
}  // namespace larder::proxy
