#include "proxy/fills.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/proxy/filled.h"

namespace larder::proxy {
namespace {

constexpr storage::KeyHash key{1, 2};
constexpr std::string_view text = "http://a/x";

TEST(Fills, TheFirstToJoinLeads) {
    Fills fills(10, 100);
    const auto first = fills.join(key, text);
    const auto second = fills.join(key, text);
    EXPECT_TRUE(first.leader);
    EXPECT_FALSE(second.leader);
    EXPECT_EQ(first.fill, second.fill);
}

TEST(Fills, KeysHaveFillsOfTheirOwn) {
    Fills fills(10, 100);
    const auto one = fills.join(key, text);
    for (const storage::KeyHash other : {storage::KeyHash{1, 3}, storage::KeyHash{2, 2}, storage::KeyHash{65, 2}}) {
        const auto joined = fills.join(other, text);
        EXPECT_TRUE(joined.leader);
        EXPECT_NE(joined.fill, one.fill);
    }
}

TEST(Fills, AnotherKeyWithTheSameHashGetsAFillOfItsOwn) {
    Fills fills(10, 100);
    const auto one = fills.join(key, text);
    const auto other = fills.join(key, "http://a/y");
    EXPECT_TRUE(other.leader);
    EXPECT_NE(other.fill, one.fill);
    EXPECT_EQ(fills.join(key, text).fill, one.fill);
    fills.leave(key, other.fill);
    EXPECT_EQ(fills.join(key, text).fill, one.fill);
}

TEST(Fills, AFillThatWasLeftIsNotJoinedAgain) {
    Fills fills(10, 100);
    const auto old = fills.join(key, text);
    fills.leave(key, old.fill);
    const auto next = fills.join(key, text);
    EXPECT_TRUE(next.leader);
    EXPECT_NE(next.fill, old.fill);

    fills.leave(key, old.fill);  // it is no longer the one there
    EXPECT_EQ(fills.join(key, text).fill, next.fill);
    fills.leave({9, 9}, old.fill);
}

TEST(Fills, NobodyJoinsASoloFill) {
    Fills fills(10, 100);
    const auto solo = fills.solo();
    EXPECT_TRUE(fills.join(key, text).leader);
    EXPECT_NE(fills.join(key, text).fill, solo);
}

TEST(Fills, ReserveNoMoreBytesThanTheLimit) {
    Fills fills(10, 100);
    EXPECT_TRUE(fills.reserve(60));
    EXPECT_FALSE(fills.reserve(41));
    EXPECT_EQ(fills.bytes(), 60u);
    EXPECT_TRUE(fills.reserve(40));
    EXPECT_FALSE(fills.reserve(1));
    EXPECT_FALSE(fills.reserve(~std::uint64_t{0}));
    fills.release(60);
    EXPECT_TRUE(fills.reserve(1));
    EXPECT_EQ(fills.bytes(), 41u);
}

TEST(Fills, AnotherLimitHoldsForBytesThatAreReservedFromThenOn) {
    Fills fills(10, 100);
    EXPECT_TRUE(fills.reserve(60));
    fills.change_limits(10, 50);
    EXPECT_EQ(fills.bytes(), 60u);
    EXPECT_FALSE(fills.reserve(1));
    fills.release(60);
    EXPECT_TRUE(fills.reserve(50));
    fills.change_limits(10, 200);
    EXPECT_TRUE(fills.reserve(150));
    EXPECT_FALSE(fills.reserve(1));
}

TEST(Fills, AnotherWindowIsOneOfFillsThatBeginFromThenOn) {
    asio::io_context context;
    Fills fills(4, 100);
    const auto before = fills.join(key, text).fill;
    fills.change_limits(100, 100);
    const auto after = fills.join({9, 9}, text).fill, solo = fills.solo();
    for (const auto& fill : {before, after, solo}) {
        fill->begin(head_of_response(), std::nullopt);
        Reader fast(fill, context), slow(fill, context);
        fill->stop_keeping();
        for (int i = 0; i < 10; ++i) {
            fill->append(piece("abc"));
            fast.take_all();
        }
        slow.take_all();
        EXPECT_EQ(slow.cut, fill == before);
    }
}

TEST(Fills, ThreadsNeverReserveMoreThanTheLimitTogether) {
    Fills fills(10, 1000);
    std::atomic<bool> exceeded = false;
    const auto reserve = [&] {
        for (int i = 0; i < 5000; ++i) {
            if (!fills.reserve(300)) continue;
            if (fills.bytes() > 1000) exceeded = true;
            fills.release(300);
        }
    };
    std::thread one(reserve), two(reserve), three(reserve), four(reserve);
    for (std::thread* thread : {&one, &two, &three, &four}) thread->join();
    EXPECT_FALSE(exceeded);
    EXPECT_EQ(fills.bytes(), 0u);
}

TEST(Fills, OfManyThreadsOneLeads) {
    Fills fills(10, 100);
    for (std::uint64_t round = 0; round < 200; ++round) {
        std::atomic<int> leaders = 0;
        const auto join = [&] { leaders += fills.join({round, round}, text).leader; };
        std::thread one(join), two(join), three(join);
        for (std::thread* thread : {&one, &two, &three}) thread->join();
        ASSERT_EQ(leaders, 1);
    }
}

}  // namespace
}  // namespace larder::proxy
