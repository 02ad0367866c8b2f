#include "proxy/slowest.h"

#include <gtest/gtest.h>

#include "proxy/body_reader.h"

namespace larder::proxy {
namespace {

using namespace std::chrono_literals;

std::vector<std::size_t> chosen(const std::vector<Pinning>& readers, std::uint64_t wanted,
                                std::optional<std::uint64_t> below = std::nullopt) {
    std::vector<std::size_t> which;
    for (const Choice& choice : slowest(readers, wanted, below)) which.push_back(choice.which);
    return which;
}

using Which = std::vector<std::size_t>;

TEST(Slowest, TheSlowestGoFirstAndNoMoreThanAreNeeded) {
    const std::vector<Pinning> readers = {{50, 10, nullptr}, {1, 10, nullptr}, {20, 10, nullptr}};
    EXPECT_EQ(chosen(readers, 1), (Which{1}));
    EXPECT_EQ(chosen(readers, 10), (Which{1}));
    EXPECT_EQ(chosen(readers, 11), (Which{1, 2}));
    EXPECT_EQ(chosen(readers, 1000), (Which{1, 2, 0}));
    EXPECT_EQ(chosen(readers, 0), Which{});
}

TEST(Slowest, WhoPinsNothingStays) {
    EXPECT_EQ(chosen({{0, 0, nullptr}, {100, 5, nullptr}}, 5), (Which{1}));
}

TEST(Slowest, WhoIsFastEnoughOrNotKnownYetStays) {
    const std::vector<Pinning> readers = {{std::nullopt, 10, nullptr}, {10, 10, nullptr}, {9, 10, nullptr}};
    EXPECT_EQ(chosen(readers, 100, 10), (Which{2}));
    EXPECT_EQ(chosen(readers, 100), (Which{2, 1, 0}));
}

TEST(Slowest, BytesThatSeveralReadAreFreeWithTheLastOfThem) {
    const int body = 0;
    const std::vector<Pinning> readers = {{1, 100, &body}, {5, 10, nullptr}, {3, 100, &body}};
    EXPECT_EQ(chosen(readers, 100), (Which{0, 2}));
    const auto choices = slowest(readers, 110, std::nullopt);
    ASSERT_EQ(choices.size(), 3u);
    EXPECT_EQ(choices[0].bytes, 0u);
    EXPECT_EQ(choices[1].bytes, 100u);
    EXPECT_EQ(choices[2].bytes, 10u);
}

TEST(Slowest, AReaderThatIsFasterThanTheRateKeepsWhatItShares) {
    const int body = 0;
    const auto choices = slowest({{1, 100, &body}, {50, 100, &body}}, 100, 10);
    ASSERT_EQ(choices.size(), 1u);
    EXPECT_EQ(choices[0].bytes, 0u);
}

class BodyReaderTest : public testing::Test {
  protected:
    storage::Account account;
    BodyReader reader{account};
    const Steady::time_point start{};
    Pin pin;
    BodyReaderTest() { pin.bytes = 10; }
};

TEST_F(BodyReaderTest, HoldsUpWhileItsClientIsWaitedFor) {
    EXPECT_FALSE(reader.holds_up());
    reader.begin(pin, start);
    EXPECT_FALSE(reader.holds_up());
    reader.waits();
    EXPECT_TRUE(reader.holds_up());
    reader.took(1);
    EXPECT_FALSE(reader.holds_up());
    reader.waits();
    reader.end();
    EXPECT_FALSE(reader.holds_up());
}

TEST_F(BodyReaderTest, ARateNeedsASecond) {
    reader.begin(pin, start);
    reader.took(500);
    EXPECT_EQ(reader.rate(start + 999ms), std::nullopt);
    EXPECT_EQ(reader.rate(start + 1s), 500u);
}

TEST_F(BodyReaderTest, WhoStopsIsSlowHoweverFastItWas) {
    reader.begin(pin, start);
    reader.took(1'000'000);
    reader.observe(start + 1s);
    EXPECT_EQ(reader.rate(start + 1500ms), 1'000'000u);
    EXPECT_EQ(reader.rate(start + 2s), 0u);
    reader.observe(start + 2s);
    reader.took(700);
    EXPECT_EQ(reader.rate(start + 3s), 0u);
    reader.observe(start + 3s);
    EXPECT_EQ(reader.rate(start + 3s), 700u);
}

TEST_F(BodyReaderTest, WhatItIsStruckForIsExpectedUntilItEnds) {
    reader.begin(pin, start);
    reader.waits();
    reader.strike(10);
    EXPECT_TRUE(reader.struck());
    EXPECT_FALSE(reader.holds_up());
    EXPECT_EQ(account.leaving(), 10u);
    reader.end();
    EXPECT_EQ(account.leaving(), 0u);
    EXPECT_FALSE(reader.struck());
}

}  // namespace
}  // namespace larder::proxy
