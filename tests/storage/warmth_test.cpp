#include "storage/disk/warmth.h"

#include <gtest/gtest.h>

namespace larder::storage::disk {
namespace {

// How many of so many reads are calls, when each finds what it reads in memory or not.
int calls(Warmth& warmth, int reads, bool in_memory) {
    int count = 0;
    for (int i = 0; i < reads; ++i) {
        if (!warmth.ask()) continue;
        ++count;
        warmth.tell(in_memory);
    }
    return count;
}

TEST(Warmth, ColdFilesAreReadWithCallsAndWarmOnesNowAndThen) {
    Warmth warmth;
    EXPECT_EQ(calls(warmth, 1000, false), 1000);
    EXPECT_LT(calls(warmth, 1000, true), 400);
    EXPECT_LT(calls(warmth, 1600, true), 110);
    EXPECT_GT(calls(warmth, 1600, true), 90);
    EXPECT_GT(calls(warmth, 1000, false), 980);  // it is noticed soon
}

}  // namespace
}  // namespace larder::storage::disk
