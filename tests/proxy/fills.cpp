#include "proxy/fills.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/proxy/filled.h"

namespace larder::proxy {
namespace {

constexpr storage::KeyHash key{1, 2};
constexpr std::string_view text = "http://a/x";
const int configurations[2] = {};
const void* const rules = &configurations[0];

TEST(Fills, TheFirstToJoinLeads) {
    Fills fills(10);
    const auto first = fills.join(key, text, rules);
    const auto second = fills.join(key, text, rules);
    EXPECT_TRUE(first.leader);
    EXPECT_FALSE(second.leader);
    EXPECT_EQ(first.fill, second.fill);
}

TEST(Fills, KeysHaveFillsOfTheirOwn) {
    Fills fills(10);
    const auto one = fills.join(key, text, rules);
    for (const storage::KeyHash other : {storage::KeyHash{1, 3}, storage::KeyHash{2, 2}, storage::KeyHash{65, 2}}) {
        const auto joined = fills.join(other, text, rules);
        EXPECT_TRUE(joined.leader);
        EXPECT_NE(joined.fill, one.fill);
    }
}

TEST(Fills, AnotherKeyWithTheSameHashGetsAFillOfItsOwn) {
    Fills fills(10);
    const auto one = fills.join(key, text, rules);
    const auto other = fills.join(key, "http://a/y", rules);
    EXPECT_TRUE(other.leader);
    EXPECT_NE(other.fill, one.fill);
    EXPECT_EQ(fills.join(key, text, rules).fill, one.fill);
    fills.leave(key, other.fill);
    EXPECT_EQ(fills.join(key, text, rules).fill, one.fill);
}

TEST(Fills, AFillThatWasLeftIsNotJoinedAgain) {
    Fills fills(10);
    const auto old = fills.join(key, text, rules);
    fills.leave(key, old.fill);
    const auto next = fills.join(key, text, rules);
    EXPECT_TRUE(next.leader);
    EXPECT_NE(next.fill, old.fill);

    fills.leave(key, old.fill);  // it is no longer the one there
    EXPECT_EQ(fills.join(key, text, rules).fill, next.fill);
    fills.leave({9, 9}, old.fill);
}

TEST(Fills, NobodyJoinsASoloFill) {
    Fills fills(10);
    const auto solo = fills.solo();
    EXPECT_TRUE(fills.join(key, text, rules).leader);
    EXPECT_NE(fills.join(key, text, rules).fill, solo);
}

TEST(Fills, ARequestUnderOtherRulesGetsAFillOfItsOwnAndTheFormerIsNotJoinedAgain) {
    Fills fills(10);
    const auto former = fills.join(key, text, rules);
    const auto next = fills.join(key, text, &configurations[1]);
    EXPECT_TRUE(next.leader);
    EXPECT_NE(next.fill, former.fill);
    EXPECT_EQ(fills.join(key, text, &configurations[1]).fill, next.fill);
    fills.leave(key, former.fill);
    EXPECT_FALSE(fills.join(key, text, &configurations[1]).leader);
}

TEST(Fills, AnotherWindowIsOneOfFillsThatBeginFromThenOn) {
    asio::io_context context;
    Fills fills(4);
    const auto before = fills.join(key, text, rules).fill;
    fills.change_window(100);
    const auto after = fills.join({9, 9}, text, rules).fill, solo = fills.solo();
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

TEST(Fills, OfManyThreadsOneLeads) {
    Fills fills(10);
    for (std::uint64_t round = 0; round < 200; ++round) {
        std::atomic<int> leaders = 0;
        const auto join = [&] { leaders += fills.join({round, round}, text, rules).leader; };
        std::thread one(join), two(join), three(join);
        for (std::thread* thread : {&one, &two, &three}) thread->join();
        ASSERT_EQ(leaders, 1);
    }
}

}  // namespace
}  // namespace larder::proxy
