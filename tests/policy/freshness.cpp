#include "policy/freshness.h"

#include <gtest/gtest.h>

#include "policy/delta_seconds.h"
#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

using config::TtlMode;
using std::chrono::seconds;

// A GET whose answer came in at test_time, two seconds after it was asked for.
storage::Lifetime lifetime_of(std::string_view response, const Rules& rules = {}, std::string_view request = "",
                              int status = 200) {
    const Fields request_fields = fields_of(request), response_fields = fields_of(response);
    return lifetime({"GET", request_fields}, {status, response_fields, test_time - 2, test_time}, rules);
}

Rules with_ttl(TtlMode mode, storage::Seconds ttl) {
    Rules rules;
    rules.configuration.ttl_mode = mode;
    rules.ttl = ttl;
    return rules;
}

TEST(Freshness, ExplicitFreshness) {
    const struct {
        const char* id;
        const char* section;
        const char* text;
        storage::Seconds freshness;
    } cases[] = {
        {"max-age", "4.2.1", "Cache-Control: max-age=60", 60},
        {"s-maxage over max-age", "4.2.1", "Cache-Control: max-age=60, s-maxage=10", 10},
        {"s-maxage 0 over max-age", "4.2.1", "Cache-Control: max-age=60, s-maxage=0", 0},
        {"max-age over Expires", "4.2.1", "Cache-Control: max-age=60\nExpires: 0", 60},
        {"max-age 0 over Expires", "4.2.1", "Cache-Control: max-age=0\nExpires: Tue, 14 Nov 2023 23:13:20 GMT", 0},
        {"Expires minus Date", "4.2.1", "Date: Tue, 14 Nov 2023 21:13:20 GMT\nExpires: Tue, 14 Nov 2023 22:13:20 GMT",
         3600},
        {"Expires without Date", "9110 6.6.1", "Expires: Tue, 14 Nov 2023 22:14:20 GMT", 60},
        {"Expires, invalid Date", "9110 6.6.1", "Date: today\nExpires: Tue, 14 Nov 2023 22:14:20 GMT", 60},
        {"Expires past", "4.2.1", "Expires: Tue, 14 Nov 2023 22:13:19 GMT", 0},
        {"Expires is Date", "4.2.1", "Date: Tue, 14 Nov 2023 22:13:20 GMT\nExpires: Tue, 14 Nov 2023 22:13:20 GMT", 0},
        {"Expires 0", "5.3", "Expires: 0", 0},
        {"Expires -1", "5.3", "Expires: -1", 0},
        {"Expires empty", "5.3", "Expires:", 0},
        {"Expires in another zone", "4.2", "Expires: Tue, 14 Nov 2023 23:13:20 CET", 0},
        {"Expires in RFC 850", "9110 5.6.7", "Expires: Tuesday, 14-Nov-23 22:14:20 GMT", 60},
        {"Expires in asctime", "9110 5.6.7", "Expires: Tue Nov 14 22:14:20 2023", 60},
        {"Expires far away", "1.2.2", "Expires: Fri, 31 Dec 9999 23:59:59 GMT", max_delta_seconds},
        {"Expires twice, the same", "4.2.1",
         "Expires: Tue, 14 Nov 2023 22:14:20 GMT\nExpires: Tue, 14 Nov 2023 22:14:20 GMT", 60},
        {"Expires twice, differing", "4.2.1",
         "Expires: Tue, 14 Nov 2023 22:14:20 GMT\nExpires: Tue, 14 Nov 2023 22:14:21 GMT", 0},
        {"Expires, then garbage", "4.2.1", "Expires: Tue, 14 Nov 2023 22:14:20 GMT\nExpires: 0", 0},
        {"Expires 0 and Last-Modified", "4.2.2", "Expires: 0\nLast-Modified: Tue, 14 Nov 2023 20:33:20 GMT", 0},
        {"no-cache", "5.2.2.4", "Cache-Control: max-age=60, no-cache", 0},
        {"no-cache of a field", "5.2.2.4", "Cache-Control: max-age=60, no-cache=\"x\"", 0},
        {"Pragma in a response", "5.4", "Cache-Control: max-age=60\nPragma: no-cache", 60},
        {"immutable", "8246", "Cache-Control: max-age=60, immutable", 60},
        {"nothing", "4.2", "X: y", 0},
    };
    for (const auto& test : cases) {
        EXPECT_EQ(lifetime_of(test.text).freshness, test.freshness) << test.id << ' ' << test.section;
    }
}

// RFC 9111 section 4.2.3; the response took two seconds.
TEST(Freshness, InitialAge) {
    const struct {
        const char* id;
        const char* text;
        storage::Seconds age;
    } cases[] = {
        {"nothing said", "X: y", 2},
        {"Age and delay", "Age: 10", 12},
        {"apparent age is larger", "Age: 10\nDate: Tue, 14 Nov 2023 22:12:20 GMT", 60},
        {"Age is larger", "Age: 100\nDate: Tue, 14 Nov 2023 22:12:20 GMT", 102},
        {"Date in the future", "Date: Tue, 14 Nov 2023 23:13:20 GMT", 2},
        {"Date invalid", "Date: never", 2},
        {"first member", "Age: 10, 100", 12},
        {"first line", "Age: 10\nAge: 100", 12},
        {"empty member first", "Age: , 10", 12},
        {"garbage", "Age: abc", 2},
        {"garbage first", "Age: abc, 10", 2},
        {"negative", "Age: -10", 2},
        {"float", "Age: 10.5", 2},
        {"parameter", "Age: 10;x=1", 2},
        {"quoted", "Age: \"10\"", 2},
        {"overflow", "Age: 99999999999999999999", max_delta_seconds},
    };
    for (const auto& test : cases) EXPECT_EQ(lifetime_of(test.text).initial_age, test.age) << test.id;
}

TEST(Freshness, FreshMeansLifetimeOverAge) {
    const storage::Lifetime life = lifetime_of("Cache-Control: max-age=60\nAge: 8");
    EXPECT_TRUE(life.fresh(test_time + 49));
    EXPECT_FALSE(life.fresh(test_time + 50));
    EXPECT_EQ(life.age(test_time + 50), 60);
    EXPECT_EQ(life.age(test_time - 100), 10);
}

constexpr std::string_view hundred_minutes_old = "Last-Modified: Tue, 14 Nov 2023 20:33:20 GMT";

TEST(Freshness, HeuristicIsATenthOfTheTimeSinceLastModified) {
    EXPECT_EQ(lifetime_of(hundred_minutes_old).freshness, 600);
    EXPECT_EQ(lifetime_of("Last-Modified: Mon, 14 Nov 2022 22:13:20 GMT").freshness, 86400);
    EXPECT_EQ(lifetime_of("Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT").freshness, 0);
    EXPECT_EQ(lifetime_of("Last-Modified: Tue, 14 Nov 2023 23:13:20 GMT").freshness, 0);
    EXPECT_EQ(lifetime_of("Last-Modified: long ago").freshness, 0);
}

// RFC 9110 section 15.1.
TEST(Freshness, HeuristicIsForSomeStatusesOrPublic) {
    const std::string with_public = std::string(hundred_minutes_old) + "\nCache-Control: public";
    Rules uncapped;
    uncapped.configuration.error_ttl_max = std::chrono::hours(1);
    for (const int status : {200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501}) {
        EXPECT_EQ(lifetime_of(hundred_minutes_old, uncapped, "", status).freshness, 600) << status;
    }
    for (const int status : {201, 202, 302, 303, 307, 400, 403, 500, 502, 503, 504, 299, 599}) {
        EXPECT_EQ(lifetime_of(hundred_minutes_old, {}, "", status).freshness, 0) << status;
        EXPECT_EQ(lifetime_of(with_public, uncapped, "", status).freshness, 600) << status;
    }
}

TEST(Freshness, AnErrorIsOfNoUseLongerThanTheStrategySays) {
    Rules rules;
    rules.configuration.error_ttl_max = std::chrono::seconds(30);
    rules.configuration.stale_while_revalidate = std::chrono::hours(1);
    for (const int status : {403, 404, 410, 500, 503}) {
        const auto brief = lifetime_of("Cache-Control: max-age=10, stale-while-revalidate=86400, stale-if-error=86400",
                                       rules, "", status);
        EXPECT_EQ(brief.freshness, 10) << status;
        EXPECT_EQ(brief.stale_while_revalidate, 20) << status;
        EXPECT_EQ(brief.stale_if_error, 20) << status;
        const auto longer = lifetime_of("Cache-Control: max-age=3600", rules, "", status);
        EXPECT_EQ(longer.freshness, 30) << status;
        EXPECT_EQ(longer.stale_while_revalidate, 0) << status;
        EXPECT_EQ(longer.stale_if_error, 0) << status;
    }
    EXPECT_EQ(lifetime_of("Cache-Control: max-age=10, stale-if-error=86400", rules, "", 301).stale_if_error, 86400);
}

TEST(Freshness, HeuristicIsNeverForPersonalRequests) {
    EXPECT_EQ(lifetime_of(hundred_minutes_old, {}, "Cookie: a=b").freshness, 0);
    EXPECT_EQ(lifetime_of(hundred_minutes_old, {}, "Authorization: Basic x").freshness, 0);
    Rules ignoring;
    ignoring.configuration.cookies = config::RequestCookies::ignore;
    EXPECT_EQ(lifetime_of(hundred_minutes_old, ignoring, "Cookie: a=b").freshness, 600);
    EXPECT_EQ(lifetime_of(hundred_minutes_old, ignoring, "authorization: Basic x").freshness, 0);
}

TEST(Freshness, StrategyTtl) {
    const struct {
        const char* id;
        TtlMode mode;
        const char* request;
        int status;
        const char* response;
        storage::Seconds freshness;
    } cases[] = {
        {"origin has no use for ttl", TtlMode::origin, "", 200, "X: y", 0},
        {"default where nothing is said", TtlMode::fallback, "", 200, "X: y", 300},
        {"default yields to max-age", TtlMode::fallback, "", 200, "Cache-Control: max-age=7", 7},
        {"default yields to max-age 0", TtlMode::fallback, "", 200, "Cache-Control: max-age=0", 0},
        {"default yields to Expires 0", TtlMode::fallback, "", 200, "Expires: 0", 0},
        {"default yields to no-cache", TtlMode::fallback, "", 200, "Cache-Control: no-cache", 0},
        {"default goes before heuristics", TtlMode::fallback, "", 200, hundred_minutes_old.data(), 300},
        {"default is not for Cookie", TtlMode::fallback, "Cookie: a=b", 200, "X: y", 0},
        {"default is not for Authorization", TtlMode::fallback, "Authorization: x", 200, "X: y", 0},
        {"default is not for 501", TtlMode::fallback, "", 501, "X: y", 0},
        {"heuristics for 501, but not for long", TtlMode::fallback, "", 501, hundred_minutes_old.data(), 60},
        {"default is not for 503 with public", TtlMode::fallback, "", 503, "Cache-Control: public", 0},
        {"default for 404, but not for long", TtlMode::fallback, "", 404, "X: y", 60},
        {"override for 404, but not for long", TtlMode::override_origin, "", 404, "X: y", 60},
        {"default is not for 403", TtlMode::fallback, "", 403, "X: y", 0},
        {"cap lowers", TtlMode::cap, "", 200, "Cache-Control: max-age=1000", 300},
        {"cap does not raise", TtlMode::cap, "", 200, "Cache-Control: max-age=7", 7},
        {"cap gives nothing", TtlMode::cap, "", 200, "X: y", 0},
        {"cap lowers heuristics", TtlMode::cap, "", 200, hundred_minutes_old.data(), 300},
        {"override lowers", TtlMode::override_origin, "", 200, "Cache-Control: max-age=1000", 300},
        {"override raises", TtlMode::override_origin, "", 200, "Cache-Control: max-age=0", 300},
        {"override gives", TtlMode::override_origin, "", 200, "X: y", 300},
        {"override beats no-cache", TtlMode::override_origin, "", 200, "Cache-Control: no-cache", 300},
    };
    for (const auto& test : cases) {
        EXPECT_EQ(lifetime_of(test.response, with_ttl(test.mode, 300), test.request, test.status).freshness,
                  test.freshness)
            << test.id;
    }
}

TEST(Freshness, TellsWhereItComesFrom) {
    using config::TtlMode;
    const struct {
        const char* fields;
        TtlMode mode;
        LifetimeSource source;
        storage::Seconds seconds;
        bool capped;
        int status = 200;
    } cases[] = {
        {"Cache-Control: max-age=5, s-maxage=7", TtlMode::origin, LifetimeSource::s_maxage, 7, false},
        {"Cache-Control: max-age=5\nExpires: 0", TtlMode::origin, LifetimeSource::max_age, 5, false},
        {"Expires: Tue, 14 Nov 2023 22:14:20 GMT", TtlMode::origin, LifetimeSource::expires, 60, false},
        {"Last-Modified: Tue, 14 Nov 2023 21:56:40 GMT", TtlMode::origin, LifetimeSource::heuristic, 100, false},
        {"X: y", TtlMode::origin, LifetimeSource::nothing, 0, false},
        {"X: y", TtlMode::fallback, LifetimeSource::strategy, 60, false},
        {"Cache-Control: max-age=5", TtlMode::override_origin, LifetimeSource::strategy, 60, false},
        {"Cache-Control: no-cache, max-age=5", TtlMode::origin, LifetimeSource::no_cache, 0, false},
        {"Cache-Control: max-age=500", TtlMode::cap, LifetimeSource::max_age, 60, true},
        {"Cache-Control: max-age=500", TtlMode::origin, LifetimeSource::max_age, 60, true, 404},
    };
    for (const auto& c : cases) {
        const Fields request, response = fields_of(c.fields);
        Rules rules;
        rules.configuration.ttl_mode = c.mode;
        const auto found = freshness({"GET", request}, {c.status, response, test_time, test_time}, rules);
        EXPECT_EQ(found.source, c.source) << c.fields << word(found.source);
        EXPECT_EQ(found.seconds, c.seconds) << c.fields;
        EXPECT_EQ(found.capped, c.capped) << c.fields;
    }
}

TEST(Freshness, ErrorsAreFreshForAMinuteAtMost) {
    for (const int status : {400, 404, 410, 451, 500, 503, 599}) {
        EXPECT_EQ(lifetime_of("Cache-Control: max-age=3600", {}, "", status).freshness, 60) << status;
        EXPECT_EQ(lifetime_of("Cache-Control: max-age=30", {}, "", status).freshness, 30) << status;
    }
    EXPECT_EQ(lifetime_of("Cache-Control: max-age=3600", {}, "", 302).freshness, 3600);
}

// RFC 9111 section 4.2.4.
TEST(Freshness, SomeResponsesAreNeverServedStale) {
    for (const char* directive : {"must-revalidate", "proxy-revalidate", "s-maxage=60", "no-cache", "no-cache=\"x\""}) {
        const std::string text = std::string("Cache-Control: max-age=60, stale-while-revalidate=9, stale-if-error=9, ");
        const storage::Lifetime life = lifetime_of(text + directive);
        EXPECT_TRUE(life.must_revalidate) << directive;
        EXPECT_EQ(life.stale_while_revalidate, 0) << directive;
        EXPECT_EQ(life.stale_if_error, 0) << directive;
    }
    EXPECT_FALSE(lifetime_of("Cache-Control: max-age=60").must_revalidate);
}

// RFC 5861.
TEST(Freshness, StaleWindowsAreTheOriginsElseTheStrategys) {
    Rules rules;
    rules.configuration.stale_while_revalidate = seconds(30);
    rules.configuration.stale_if_error = seconds(300);
    const struct {
        const char* text;
        storage::Seconds while_revalidate;
        storage::Seconds if_error;
    } cases[] = {
        {"Cache-Control: max-age=60", 30, 300},
        {"Cache-Control: max-age=60, stale-while-revalidate=5, stale-if-error=6", 5, 6},
        {"Cache-Control: max-age=60, stale-while-revalidate=0, stale-if-error=0", 0, 0},
        {"Cache-Control: max-age=60, stale-while-revalidate=x, stale-if-error=x", 0, 0},
        {"Cache-Control: max-age=0", 0, 300},
        {"Cache-Control: max-age=0, stale-while-revalidate=5", 5, 300},
        {"X: y", 0, 0},
        {"Cache-Control: max-age=60, must-revalidate", 0, 0},
    };
    for (const auto& test : cases) {
        EXPECT_EQ(lifetime_of(test.text, rules).stale_while_revalidate, test.while_revalidate) << test.text;
        EXPECT_EQ(lifetime_of(test.text, rules).stale_if_error, test.if_error) << test.text;
    }
    EXPECT_EQ(lifetime_of("Cache-Control: max-age=60").stale_while_revalidate, 0);
}

TEST(Freshness, OnlyWhatCanBeValidatedIsKept) {
    Rules rules;
    rules.configuration.keep = seconds(1000);
    EXPECT_EQ(lifetime_of("Cache-Control: max-age=60", rules).keep, 0);
    EXPECT_EQ(lifetime_of("Cache-Control: max-age=60\nETag: \"a\"", rules).keep, 1000);
    EXPECT_EQ(lifetime_of(hundred_minutes_old, rules).keep, 1000);
}

TEST(Freshness, QualifiedNoCacheLeavesTheRestFresh) {
    Rules rules;
    rules.configuration.qualified_directives = true;
    EXPECT_EQ(lifetime_of("Cache-Control: max-age=60, no-cache=\"x\"", rules).freshness, 60);
    EXPECT_EQ(lifetime_of("Cache-Control: max-age=60, no-cache", rules).freshness, 0);
}

}  // namespace
}  // namespace larder::policy
