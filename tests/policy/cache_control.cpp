#include "policy/cache_control.h"

#include <gtest/gtest.h>

#include "policy/delta_seconds.h"
#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

ResponseDirectives response(std::string_view text) {
    return parse_response_directives(fields_of(text));
}
RequestDirectives request(std::string_view text) {
    return parse_request_directives(fields_of(text));
}

TEST(CacheControl, MaxAgeInAResponse) {
    const struct {
        const char* id;
        const char* section;
        const char* text;
        std::optional<storage::Seconds> max_age;
    } cases[] = {
        {"plain", "5.2.2.1", "Cache-Control: max-age=60", 60},
        {"absent", "5.2.2.1", "Cache-Control: public", std::nullopt},
        {"case", "5.2", "cache-control: MaX-aGe=60", 60},
        {"quoted", "5.2", "Cache-Control: max-age=\"60\"", 60},
        {"leading zeros", "1.2.2", "Cache-Control: max-age=0060", 60},
        {"overflow", "1.2.2", "Cache-Control: max-age=99999999999999999999", max_delta_seconds},
        {"empty elements", "9110 5.6.1", "Cache-Control: ,, max-age=60 ,", 60},
        {"second line", "9110 5.3", "Cache-Control: public\nCache-Control: max-age=60", 60},
        {"negative", "4.2.1", "Cache-Control: max-age=-60", 0},
        {"float", "4.2.1", "Cache-Control: max-age=60.0", 0},
        {"letters before", "4.2.1", "Cache-Control: max-age=a60", 0},
        {"letters behind", "4.2.1", "Cache-Control: max-age=60a", 0},
        {"single quotes", "4.2.1", "Cache-Control: max-age='60'", 0},
        {"no argument", "4.2.1", "Cache-Control: max-age", 0},
        {"empty argument", "4.2.1", "Cache-Control: max-age=", 0},
        {"space before =", "5.2", "Cache-Control: max-age =60", 0},
        {"space behind =", "5.2", "Cache-Control: max-age= 60", 0},
        {"quote left open", "5.2", "Cache-Control: max-age=\"60", 0},
        {"twice the same", "4.2.1", "Cache-Control: max-age=60, max-age=60", 60},
        {"fresh, stale", "4.2.1", "Cache-Control: max-age=60, max-age=1", 1},
        {"stale, fresh", "4.2.1", "Cache-Control: max-age=1, max-age=60", 1},
        {"twice, in lines", "4.2.1", "Cache-Control: max-age=60\nCache-Control: max-age=1", 1},
        {"number, garbage", "4.2.1", "Cache-Control: max-age=60, max-age=x", 0},
        {"in a quoted string", "5.2", "Cache-Control: x=\"max-age=60, max-age=50\", max-age=1", 1},
        {"only in a quoted string", "5.2.3", "Cache-Control: x=\"a, max-age=60\"", std::nullopt},
        {"another name", "5.2.3", "Cache-Control: x-max-age=60, max-age2=60, max_age=60", std::nullopt},
        {"another field", "5.2", "X-Cache-Control: max-age=60", std::nullopt},
    };
    for (const auto& test : cases)
        EXPECT_EQ(response(test.text).max_age, test.max_age) << test.id << ' ' << test.section;
}

TEST(CacheControl, ResponseDirectivesAreTakenWhole) {
    ResponseDirectives expected;
    expected.no_store = expected.no_cache = expected.is_private = expected.is_public = true;
    expected.must_revalidate = expected.proxy_revalidate = expected.must_understand = true;
    expected.s_maxage = 3;
    expected.stale_while_revalidate = 4;
    expected.stale_if_error = 5;
    EXPECT_EQ(
        response("Cache-Control: no-store, no-cache, PRIVATE, public, must-revalidate, proxy-revalidate\n"
                 "Cache-Control: must-understand, s-maxage=3, stale-while-revalidate=4, stale-if-error=5, immutable"),
        expected);
    EXPECT_EQ(response("Pragma: no-cache"), ResponseDirectives());  // RFC 9111 section 5.4
    EXPECT_EQ(response("Cache-Control:"), ResponseDirectives());
}

TEST(CacheControl, GarbageForbidsAndNeverPermits) {
    EXPECT_EQ(response("Cache-Control: s-maxage=x").s_maxage, 0);
    EXPECT_EQ(response("Cache-Control: stale-while-revalidate=x").stale_while_revalidate, 0);
    EXPECT_EQ(response("Cache-Control: stale-if-error=-1").stale_if_error, 0);
    EXPECT_TRUE(response("Cache-Control: no-store=1").no_store);
    EXPECT_TRUE(response("Cache-Control: no-store =1").no_store);
    EXPECT_TRUE(response("Cache-Control: private =x").is_private);
    EXPECT_FALSE(response("Cache-Control: public=x").is_public);
    EXPECT_FALSE(response("Cache-Control: x=public").is_public);
}

TEST(CacheControl, MalformedIsToldApart) {
    for (const char* text : {"max-age=60; public", "public max-age=60", "max-age =60", "max-age= 60", "x=\"a",
                             "x=", "=x", "\"public\"", "x=a b", "x=\"a\"b", "\xe4", "x=\"a\\\"", "x=\"\x01\""}) {
        EXPECT_TRUE(response(std::string("Cache-Control: ").append(text)).malformed) << text;
    }
    for (const char* text : {"", ",", "max-age=60", "x", "x=y", "x=\"y, z\"", "x=\"\"", "x=\"\\\"\"", "max-age='60'"}) {
        EXPECT_FALSE(response(std::string("Cache-Control: ").append(text)).malformed) << text;
    }
}

// RFC 9111 sections 5.2.2.4 and 5.2.2.7.
TEST(CacheControl, QualifiedFormsNameFields) {
    const ResponseDirectives both = response("Cache-Control: no-cache=\"Set-Cookie, X-A\", private=x-b");
    EXPECT_FALSE(both.no_cache);
    EXPECT_FALSE(both.is_private);
    EXPECT_EQ(both.no_cache_fields, (std::vector<std::string>{"set-cookie", "x-a"}));
    EXPECT_EQ(both.private_fields, (std::vector<std::string>{"x-b"}));
    for (const char* text :
         {"no-cache=\"\"", "no-cache=\"a b\"", "no-cache=", "no-cache=\"a\", no-cache", "no-cache=\"a"}) {
        EXPECT_TRUE(response(std::string("Cache-Control: ").append(text)).no_cache) << text;
    }
}

TEST(CacheControl, RequestDirectives) {
    RequestDirectives expected;
    expected.no_cache = expected.no_store = expected.only_if_cached = true;
    expected.max_age = 1;
    expected.min_fresh = 2;
    expected.max_stale = 3;
    expected.stale_if_error = 4;
    EXPECT_EQ(request("Cache-Control: No-Cache, no-store, only-if-cached, max-age=1, min-fresh=2, max-stale=3, "
                      "stale-if-error=4, no-transform"),
              expected);
    EXPECT_EQ(request("Accept: */*"), RequestDirectives());
}

TEST(CacheControl, RequestDirectivesCountInTheirStricterForm) {
    EXPECT_EQ(request("Cache-Control: max-age=5, max-age=3").max_age, 3);
    EXPECT_EQ(request("Cache-Control: max-age=x").max_age, 0);
    EXPECT_EQ(request("Cache-Control: min-fresh=5, min-fresh=3").min_fresh, 5);
    EXPECT_EQ(request("Cache-Control: min-fresh=x").min_fresh, std::nullopt);
    EXPECT_EQ(request("Cache-Control: max-stale").max_stale, max_delta_seconds);
    EXPECT_EQ(request("Cache-Control: max-stale, max-stale=7").max_stale, 7);
    EXPECT_EQ(request("Cache-Control: max-stale=x").max_stale, 0);
}

// RFC 9111 section 5.4.
TEST(CacheControl, PragmaCountsOnlyWithoutCacheControl) {
    EXPECT_TRUE(request("Pragma: no-cache").no_cache);
    EXPECT_TRUE(request("Pragma: x, NO-CACHE").no_cache);
    EXPECT_FALSE(request("Pragma: x").no_cache);
    EXPECT_FALSE(request("Pragma: no-cache\nCache-Control: max-age=60").no_cache);
    EXPECT_FALSE(request("Pragma: no-cache\nCache-Control:").no_cache);
}

}  // namespace
}  // namespace larder::policy
