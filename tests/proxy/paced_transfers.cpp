#include "proxy/upstream/paced_transfers.h"

#include <gtest/gtest.h>

#include <optional>

#include "tests/proxy/running.h"

namespace larder::proxy {
namespace {

class PacedTransfersTest : public testing::Test {
  protected:
    using Transfer = PacedTransfers::Transfer;

    Transfer& add(const char* client) {
        const std::size_t which = transfers_.size();
        transfers_.push_back(std::make_unique<Transfer>(all_, context_.get_executor(), client,
                                                        [this, which] { cut_.push_back(which); }));
        return *transfers_.back();
    }
    // In an hour, when whoever waits has waited long.
    bool reclaim() {
        const bool reclaimed = all_->reclaim(Steady::now() + std::chrono::hours(1));
        turn(context_);
        return reclaimed;
    }

    asio::io_context context_;
    std::shared_ptr<PacedTransfers> all_ = std::make_shared<PacedTransfers>(1);
    std::vector<std::size_t> cut_;
    std::vector<std::unique_ptr<Transfer>> transfers_;
};

TEST_F(PacedTransfersTest, TheOneThatHasWaitedLongestLosesItsConnection) {
    add("a").waits();
    add("b").waits();
    EXPECT_TRUE(reclaim());
    EXPECT_EQ(cut_, std::vector<std::size_t>{0});
    EXPECT_TRUE(transfers_[0]->was_cut());
    EXPECT_FALSE(transfers_[1]->was_cut());
}

TEST_F(PacedTransfersTest, TheClientWithMostOfThemGoesFirst) {
    add("a").waits();
    add("b").waits();
    add("b").waits();
    EXPECT_TRUE(reclaim());
    EXPECT_EQ(cut_, std::vector<std::size_t>{1});
}

TEST_F(PacedTransfersTest, AsManyAsMayStandStillDo) {
    add("a").waits();
    EXPECT_FALSE(reclaim());
    add("b").waits();
    EXPECT_TRUE(reclaim());
    EXPECT_FALSE(reclaim());
    EXPECT_EQ(cut_.size(), 1u);
}

TEST_F(PacedTransfersTest, WhatMovesIsLeftAlone) {
    add("a").waits();
    add("b").waits();
    add("c").waits();
    transfers_[0]->moved();
    EXPECT_TRUE(reclaim());
    EXPECT_EQ(cut_, std::vector<std::size_t>{1});
    EXPECT_FALSE(all_->reclaim(Steady::now()));  // nobody has waited for long yet
}

TEST_F(PacedTransfersTest, OneThatEndsFirstIsNotCut) {
    add("a").waits();
    add("b").waits();
    EXPECT_TRUE(all_->reclaim(Steady::now() + std::chrono::hours(1)));
    transfers_[0].reset();
    turn(context_);
    EXPECT_TRUE(cut_.empty());
}

}  // namespace
}  // namespace larder::proxy
