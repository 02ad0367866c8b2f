#include "policy/cookies.h"

#include <gtest/gtest.h>

#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

TEST(Cookies, AllOfANameCount) {
    const Fields request = fields_of("Cookie: a=1; b=2;a=3\ncookie: c=x=y");
    EXPECT_EQ(cookie(request, "a"), "1;3");
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
    EXPECT_FALSE(has_other_cookies(fields_of("Cookie: a=1; a=2"), {"a"}));
}

TEST(Cookies, TheOriginGetsWhatTheKeyHolds) {
    using enum ForwardedCookies;
    using Rule = config::RequestCookies;
    const struct {
        const char* id;
        Rule rule;
        const char* cookies;
        ForwardedCookies outcome;
        const char* value;
    } cases[] = {
        {"no pair at all", Rule::bypass, ";", none, ""},
        {"nor here", Rule::store, " ; ;", none, ""},
        {"others: the request is personal", Rule::bypass, "theme=1; session=x", as_received, ""},
        {"keyed ones alone", Rule::bypass, "lang=de;  theme=1", keyed, "theme=1; lang=de"},
        {"the same in another order", Rule::bypass, "theme=1; lang=de", keyed, "theme=1; lang=de"},
        {"one twice", Rule::bypass, "theme=1; lang=de; theme=2", keyed, "theme=1; theme=2; lang=de"},
        {"others have no influence", Rule::ignore, "a=1; lang=de", keyed, "lang=de"},
        {"others alone", Rule::ignore, "a=1", none, ""},
        {"as the operator wants", Rule::store, "a=1; theme=2", as_received, ""},
    };
    for (const auto& c : cases) {
        config::StrategyConfiguration strategy;
        strategy.cookies = c.rule;
        strategy.key_cookies = {"theme", "lang"};
        std::string out;
        EXPECT_EQ(forwarded_cookies(out, c.cookies, strategy), c.outcome) << c.id;
        if (c.outcome == keyed) {
            EXPECT_EQ(out, c.value) << c.id;
        }
    }
}

}  // namespace
}  // namespace larder::policy
