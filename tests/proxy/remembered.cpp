#include "proxy/remembered.h"

#include <gtest/gtest.h>

namespace larder::proxy {
namespace {

constexpr storage::UnixTime now = 1'700'000'000;
constexpr storage::KeyHash key{3, 7};
constexpr storage::KeyHash same_slot{3, 7 + 512};

VaryNames names(std::vector<std::string> list) {
    return std::make_shared<const std::vector<std::string>>(std::move(list));
}

TEST(Remembered, KnowsNothingAtFirst) {
    const Remembered remembered;
    EXPECT_FALSE(remembered.recall(key, now).uncacheable);
    EXPECT_FALSE(remembered.recall(key, now).vary);
    EXPECT_FALSE(remembered.recall({}, now).uncacheable);
}

TEST(Remembered, AKeyIsUncacheableUntilItsTime) {
    Remembered remembered;
    remembered.uncacheable(key, now + 10);
    EXPECT_TRUE(remembered.recall(key, now).uncacheable);
    EXPECT_TRUE(remembered.recall(key, now + 9).uncacheable);
    EXPECT_FALSE(remembered.recall(key, now + 10).uncacheable);
}

TEST(Remembered, AStoredResponseMakesItCacheableAgain) {
    Remembered remembered;
    remembered.uncacheable(key, now + 10);
    remembered.cacheable(key, nullptr);
    EXPECT_FALSE(remembered.recall(key, now).uncacheable);
}

TEST(Remembered, KeepsTheNamesThatResponsesVaryBy) {
    Remembered remembered;
    remembered.cacheable(key, names({"accept"}));
    ASSERT_TRUE(remembered.recall(key, now).vary);
    EXPECT_EQ(*remembered.recall(key, now).vary, std::vector<std::string>{"accept"});
    EXPECT_FALSE(remembered.recall(key, now).uncacheable);

    remembered.uncacheable(key, now + 10);
    EXPECT_TRUE(remembered.recall(key, now).vary);
    remembered.cacheable(key, nullptr);
    EXPECT_FALSE(remembered.recall(key, now).vary);
}

TEST(Remembered, NeverTellsOfAnotherKey) {
    Remembered remembered;
    remembered.uncacheable(key, now + 10);
    for (const storage::KeyHash other : {same_slot, storage::KeyHash{3 + 32, 7}, storage::KeyHash{4, 7}}) {
        EXPECT_FALSE(remembered.recall(other, now).uncacheable);
    }
}

TEST(Remembered, AnotherKeyOfTheSlotTakesItOver) {
    Remembered remembered;
    remembered.cacheable(key, names({"accept"}));
    remembered.uncacheable(same_slot, now + 10);
    EXPECT_TRUE(remembered.recall(same_slot, now).uncacheable);
    EXPECT_FALSE(remembered.recall(same_slot, now).vary);
    EXPECT_FALSE(remembered.recall(key, now).vary);

    remembered.cacheable(key, names({"accept"}));
    EXPECT_TRUE(remembered.recall(key, now).vary);
    EXPECT_FALSE(remembered.recall(same_slot, now).uncacheable);
}

TEST(Remembered, AKeyWithNothingToRememberTakesNoSlot) {
    Remembered remembered;
    remembered.uncacheable(key, now + 10);
    remembered.cacheable(same_slot, nullptr);
    EXPECT_TRUE(remembered.recall(key, now).uncacheable);
}

}  // namespace
}  // namespace larder::proxy
