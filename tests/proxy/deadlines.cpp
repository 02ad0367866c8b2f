#include "proxy/deadlines.h"

#include <gtest/gtest.h>

#include <optional>

namespace larder::proxy {
namespace {

using namespace std::chrono_literals;

const Steady::time_point origin{1000s};

struct Struck {
    int times = 0;
    Deadline deadline{[this] { ++times; }};
};

TEST(Deadlines, StrikeWhenTheirTimeHasComeAndUntilTheyAreHeard) {
    Deadlines deadlines;
    Struck struck;
    deadlines.add(struck.deadline);
    struck.deadline.set(origin);
    deadlines.check(origin - 1ns);
    EXPECT_EQ(struck.times, 0);
    EXPECT_FALSE(struck.deadline.expired());
    deadlines.check(origin);
    EXPECT_EQ(struck.times, 1);  // once a check
    EXPECT_TRUE(struck.deadline.expired());
    deadlines.check(origin + 1s);
    EXPECT_EQ(struck.times, 2);
    EXPECT_TRUE(struck.deadline.expired());
    struck.deadline.clear();
    deadlines.check(origin + 1h);
    EXPECT_EQ(struck.times, 2);
    EXPECT_FALSE(struck.deadline.expired());
}

TEST(Deadlines, StrikeAgainWhenTheyAreSetAnew) {
    Deadlines deadlines;
    Struck struck;
    deadlines.add(struck.deadline);
    struck.deadline.set(origin);
    deadlines.check(origin);
    struck.deadline.set(origin + 1s);
    EXPECT_FALSE(struck.deadline.expired());
    deadlines.check(origin);
    EXPECT_EQ(struck.times, 1);
    deadlines.check(origin + 1s);
    EXPECT_EQ(struck.times, 2);
}

TEST(Deadlines, DoNotStrikeBeforeTheyAreSetOrAfterTheyAreCleared) {
    Deadlines deadlines;
    Struck never_set, cleared;
    deadlines.add(never_set.deadline);
    deadlines.add(cleared.deadline);
    cleared.deadline.set(origin);
    cleared.deadline.clear();
    deadlines.check(Steady::now() + 24h);
    EXPECT_EQ(never_set.times, 0);
    EXPECT_EQ(cleared.times, 0);
    EXPECT_FALSE(cleared.deadline.expired());
}

TEST(Deadlines, StrikeOnlyThoseWhoseTimeHasCome) {
    Deadlines deadlines;
    Struck early, late;
    deadlines.add(early.deadline);
    deadlines.add(late.deadline);
    early.deadline.set(origin);
    late.deadline.set(origin + 1s);
    deadlines.check(origin);
    EXPECT_EQ(early.times, 1);
    EXPECT_EQ(late.times, 0);
}

TEST(Deadlines, LoseTheOnesThatAreDestroyed) {
    Deadlines deadlines;
    Struck stays;
    int times = 0;
    {
        Deadline gone([&] { ++times; });
        deadlines.add(gone);
        deadlines.add(stays.deadline);
        gone.set(origin);
    }
    stays.deadline.set(origin);
    deadlines.check(origin);
    EXPECT_EQ(times, 0);
    EXPECT_EQ(stays.times, 1);
}

TEST(Deadlines, MayBeDestroyedByTheirStrike) {
    Deadlines deadlines;
    std::optional<Deadline> first;
    Struck second;
    first.emplace([&] { first.reset(); });
    deadlines.add(*first);
    deadlines.add(second.deadline);
    first->set(origin);
    second.deadline.set(origin);
    deadlines.check(origin);
    EXPECT_FALSE(first.has_value());
    EXPECT_EQ(second.times, 1);
}

// Returns a time after which every later reading of the clock lies.
Steady::time_point next_instant() {
    const auto now = Steady::now();
    while (Steady::now() <= now) {
    }
    return now;
}

class ProgressTest : public testing::Test {
  protected:
    static constexpr auto window = 10s;  // at 100 bytes a second: 1,000 bytes

    ProgressTest() { deadlines.add(struck.deadline); }
    bool cut_at(Steady::time_point when) {
        deadlines.check(when);
        return struck.deadline.expired();
    }

    Deadlines deadlines;
    Struck struck;
};

TEST_F(ProgressTest, CutsAPeerThatMovesNothing) {
    const auto before = next_instant();
    const Progress progress(struck.deadline, window, 100);
    EXPECT_FALSE(cut_at(before + window));
    EXPECT_TRUE(cut_at(Steady::now() + window));
}

TEST_F(ProgressTest, CutsAPeerThatMovesTooLittle) {
    Progress progress(struck.deadline, window, 100);
    const auto begun = next_instant();
    for (int i = 0; i < 999; ++i) progress.moved(1);
    EXPECT_TRUE(cut_at(begun + window));
}

TEST_F(ProgressTest, GivesAPeerThatMovesEnoughAnotherWindow) {
    Progress progress(struck.deadline, window, 100);
    const auto begun = next_instant();
    for (int i = 0; i < 10; ++i) progress.moved(100);
    EXPECT_FALSE(cut_at(begun + window));
    EXPECT_TRUE(cut_at(Steady::now() + window));
}

TEST_F(ProgressTest, CountsAnewInEachWindow) {
    Progress progress(struck.deadline, window, 100);
    progress.moved(5000);  // more than enough is not saved for later
    const auto begun = next_instant();
    progress.moved(999);
    EXPECT_TRUE(cut_at(begun + window));
}

TEST_F(ProgressTest, DoesNotCountTimeInWhichThePeerIsNotWaitedFor) {
    Progress progress(struck.deadline, window, 100);
    const auto begun = next_instant();
    progress.pause();
    EXPECT_FALSE(cut_at(Steady::now() + 24h));
    next_instant();
    progress.resume();
    EXPECT_FALSE(cut_at(begun + window));
    EXPECT_TRUE(cut_at(Steady::now() + window));
}

TEST_F(ProgressTest, GivesNoMoreTimeThanWasLeftAtAPause) {
    Progress progress(struck.deadline, window, 100);
    progress.moved(999);
    for (int i = 0; i < 3; ++i) {
        next_instant();
        progress.pause();
        progress.resume();
    }
    // The time between the pauses counts.
    EXPECT_TRUE(cut_at(Steady::now() + window - 1ns));
}

TEST_F(ProgressTest, LeavesNoDeadlineBehind) {
    { const Progress progress(struck.deadline, window, 100); }
    EXPECT_FALSE(cut_at(Steady::now() + 24h));
}

}  // namespace
}  // namespace larder::proxy
