#include "policy/delta_seconds.h"

#include <gtest/gtest.h>

namespace larder::policy {
namespace {

// RFC 9111 section 1.2.2.
TEST(DeltaSeconds, AreDigitsAndClamped) {
    EXPECT_EQ(parse_delta_seconds("0"), 0);
    EXPECT_EQ(parse_delta_seconds("0060"), 60);
    EXPECT_EQ(parse_delta_seconds("2147483647"), 2147483647);
    EXPECT_EQ(parse_delta_seconds("2147483648"), max_delta_seconds);
    EXPECT_EQ(parse_delta_seconds("2147483649"), max_delta_seconds);
    EXPECT_EQ(parse_delta_seconds("99999999999999999999999999999999"), max_delta_seconds);
    for (const char* text : {"", "-1", "+1", "1.0", "1e3", " 1", "1 ", "a1", "1a", "\"1\"", "'1'", "0x10"}) {
        EXPECT_EQ(parse_delta_seconds(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace larder::policy
