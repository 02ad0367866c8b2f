#include "policy/cookies.h"

#include <gtest/gtest.h>

#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

TEST(Cookies, TheFirstOfANameCounts) {
    const Fields request = fields_of("Cookie: a=1; b=2;a=3\ncookie: c=x=y");
    EXPECT_EQ(cookie(request, "a"), "1");
    EXPECT_EQ(cookie(request, "b"), "2");
    EXPECT_EQ(cookie(request, "c"), "x=y");
    EXPECT_EQ(cookie(request, "A"), std::nullopt);
    EXPECT_EQ(cookie(request, ""), std::nullopt);
}

TEST(Cookies, OthersAreNoticedAndSoIsWhatHasNoName) {
    EXPECT_FALSE(has_other_cookies(fields_of("X: y"), {}));
    EXPECT_FALSE(has_other_cookies(fields_of("Cookie: "), {}));
    EXPECT_FALSE(has_other_cookies(fields_of("Cookie: a=1; b=2"), {"b", "a"}));
    EXPECT_TRUE(has_other_cookies(fields_of("Cookie: a=1; b=2"), {"a"}));
    EXPECT_TRUE(has_other_cookies(fields_of("Cookie: a=1\nCookie: session=x"), {"a"}));
    EXPECT_TRUE(has_other_cookies(fields_of("Cookie: a"), {"a"}));
    EXPECT_TRUE(has_other_cookies(fields_of("Cookie: a=1; a=2"), {"a"}));
}

}  // namespace
}  // namespace larder::policy
