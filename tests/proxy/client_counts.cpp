#include "proxy/client_counts.h"

#include <gtest/gtest.h>

namespace larder::proxy {
namespace {

using boost::asio::ip::make_address;

const auto one = make_address("192.0.2.1"), other = make_address("2001:db8::1");

TEST(ClientCounts, AnAddressHasNoMoreThanTheLimit) {
    ClientCounts counts(2);
    EXPECT_TRUE(counts.enter(one));
    EXPECT_TRUE(counts.enter(one));
    EXPECT_FALSE(counts.enter(one));
    EXPECT_TRUE(counts.enter(other));
    counts.leave(one);
    EXPECT_TRUE(counts.enter(one));
    EXPECT_FALSE(counts.enter(one));
}

TEST(ClientCounts, WithoutALimitEverybodyEnters) {
    ClientCounts counts(0);
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(counts.enter(one));
}

TEST(ClientCounts, AnotherLimitHoldsForWhoIsThere) {
    ClientCounts counts(1);
    EXPECT_TRUE(counts.enter(one));
    counts.change_limit(3);
    EXPECT_TRUE(counts.enter(one));
    EXPECT_TRUE(counts.enter(one));
    EXPECT_FALSE(counts.enter(one));
    counts.change_limit(2);
    counts.leave(one);
    EXPECT_FALSE(counts.enter(one));
    counts.leave(one);
    EXPECT_TRUE(counts.enter(one));
}

TEST(ClientCounts, WhoLeftWhileThereWasNoLimitIsNotCounted) {
    ClientCounts counts(1);
    EXPECT_TRUE(counts.enter(one));
    counts.change_limit(0);
    counts.leave(one);
    counts.change_limit(1);
    EXPECT_TRUE(counts.enter(one));
}

TEST(ClientCounts, WhoCameWhileThereWasNoLimitTakesNobodysPlace) {
    ClientCounts counts(0);
    EXPECT_TRUE(counts.enter(one));
    EXPECT_TRUE(counts.enter(one));
    counts.change_limit(3);
    EXPECT_TRUE(counts.enter(one));
    EXPECT_FALSE(counts.enter(one));
    counts.leave(one);
    counts.leave(one);
    counts.change_limit(1);
    EXPECT_FALSE(counts.enter(one));
}

}  // namespace
}  // namespace larder::proxy
