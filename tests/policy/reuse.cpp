#include "policy/reuse.h"

#include <gtest/gtest.h>

#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

using Mode = config::RequestDirectives;

constexpr Decision serve_fresh{Reuse::fresh, Forward::none};
constexpr Decision serve_swr{Reuse::stale_while_revalidate, Forward::none};
constexpr Decision serve_stale{Reuse::stale_accepted, Forward::none};
constexpr Decision validate_stale{Reuse::validate, Forward::stale};
constexpr Decision validate_request{Reuse::validate, Forward::request};
constexpr Decision timeout{Reuse::gateway_timeout, Forward::none};

// Fresh for 60 s from test_time on.
storage::Object object(storage::Seconds while_revalidate = 0, bool must_revalidate = false) {
    storage::Object result;
    result.lifetime.response_time = test_time;
    result.lifetime.freshness = 60;
    result.lifetime.stale_while_revalidate = while_revalidate;
    result.lifetime.must_revalidate = must_revalidate;
    return result;
}

Decision decided(const storage::Object& stored, storage::Seconds age, std::string_view cache_control = "",
                 Mode mode = Mode::safe) {
    const std::string text = std::string("Cache-Control: ").append(cache_control);
    return decide(stored, parse_request_directives(fields_of(text)), mode, test_time + age);
}

TEST(Reuse, FreshUntilLifetimeEqualsAge) {
    EXPECT_EQ(decided(object(), 59), serve_fresh);
    EXPECT_EQ(decided(object(), 60), validate_stale);
    storage::Object always_validated = object();
    always_validated.lifetime.freshness = 0;
    EXPECT_EQ(decided(always_validated, 0), validate_stale);
}

TEST(Reuse, WhatWasStoredUnderOtherRulesIsValidated) {
    const auto decided = [](std::string_view cache_control, Mode mode) {
        const std::string text = std::string("Cache-Control: ").append(cache_control);
        return decide_outdated(parse_request_directives(fields_of(text)), mode);
    };
    EXPECT_EQ(decided("", Mode::safe), validate_stale);
    EXPECT_EQ(decided("max-stale", Mode::safe), validate_stale);
    EXPECT_EQ(decided("only-if-cached", Mode::safe), timeout);
    EXPECT_EQ(decided("only-if-cached", Mode::ignore), validate_stale);
}

// RFC 5861 section 3.
TEST(Reuse, StaleWhileRevalidateIsAWindow) {
    EXPECT_EQ(decided(object(10), 60), serve_swr);
    EXPECT_EQ(decided(object(10), 69), serve_swr);
    EXPECT_EQ(decided(object(10), 70), validate_stale);
    EXPECT_EQ(decided(object(10, true), 60), validate_stale);
}

TEST(Reuse, SoftlyInvalidatedIsStale) {
    storage::Object invalidated = object(10);
    invalidated.lifetime.invalidated = true;
    EXPECT_EQ(decided(invalidated, 0), serve_swr);
    EXPECT_EQ(decided(invalidated, 70), validate_stale);
    invalidated.lifetime.stale_while_revalidate = 0;
    EXPECT_EQ(decided(invalidated, 0), validate_stale);
    EXPECT_EQ(decided(invalidated, 0, "max-stale"), validate_stale);
}

TEST(Reuse, RequestDirectives) {
    const struct {
        const char* id;
        const char* section;
        const char* request;
        storage::Seconds age;
        Decision obey, safe, ignore;
    } cases[] = {
        {"no-cache", "5.2.1.4", "no-cache", 1, validate_request, serve_fresh, serve_fresh},
        {"no-cache, stale", "5.2.1.4", "no-cache", 65, validate_request, serve_swr, serve_swr},
        {"max-age above age", "5.2.1.1", "max-age=10", 10, serve_fresh, serve_fresh, serve_fresh},
        {"max-age below age", "5.2.1.1", "max-age=10", 11, validate_request, serve_fresh, serve_fresh},
        {"max-age 0 of a new one", "5.2.1.1", "max-age=0", 0, serve_fresh, serve_fresh, serve_fresh},
        {"garbled max-age", "5.2.1.1", "max-age=x", 1, validate_request, serve_fresh, serve_fresh},
        {"max-age wants nothing stale", "5.2.1.1", "max-age=100", 65, validate_stale, serve_swr, serve_swr},
        {"max-age with max-stale", "5.2.1.1", "max-age=100, max-stale", 75, serve_stale, serve_stale, validate_stale},
        {"min-fresh satisfied", "5.2.1.3", "min-fresh=50", 10, serve_fresh, serve_fresh, serve_fresh},
        {"min-fresh not satisfied", "5.2.1.3", "min-fresh=50", 11, validate_request, serve_fresh, serve_fresh},
        {"min-fresh wants nothing stale", "5.2.1.3", "min-fresh=1, max-stale", 65, validate_stale, serve_swr,
         serve_swr},
        {"max-stale without limit", "5.2.1.2", "max-stale", 100000, serve_stale, serve_stale, validate_stale},
        {"max-stale reached", "5.2.1.2", "max-stale=20", 80, serve_stale, serve_stale, validate_stale},
        {"max-stale exceeded", "5.2.1.2", "max-stale=20", 81, validate_stale, validate_stale, validate_stale},
        {"only-if-cached, fresh", "5.2.1.7", "only-if-cached", 1, serve_fresh, serve_fresh, serve_fresh},
        {"only-if-cached, stale", "5.2.1.7", "only-if-cached", 75, timeout, timeout, validate_stale},
        {"only-if-cached, no-cache", "5.2.1.7", "only-if-cached, no-cache", 1, timeout, serve_fresh, serve_fresh},
        {"no-store reuses", "5.2.1.5", "no-store", 1, serve_fresh, serve_fresh, serve_fresh},
    };
    for (const auto& test : cases) {
        const storage::Object stored = object(10);
        EXPECT_EQ(decided(stored, test.age, test.request, Mode::obey), test.obey) << test.id << ' ' << test.section;
        EXPECT_EQ(decided(stored, test.age, test.request, Mode::safe), test.safe) << test.id << ' ' << test.section;
        EXPECT_EQ(decided(stored, test.age, test.request, Mode::ignore), test.ignore) << test.id << ' ' << test.section;
    }
}

// RFC 9111 section 4.2.4.
TEST(Reuse, MaxStaleDoesNotBeatMustRevalidate) {
    EXPECT_EQ(decided(object(0, true), 61, "max-stale", Mode::obey), validate_stale);
    EXPECT_EQ(decided(object(0, true), 59, "max-stale", Mode::obey), serve_fresh);
}

TEST(Reuse, AbsentObjectsAreFetchedUnlessOnlyCachedOnesAreWanted) {
    RequestDirectives only_if_cached;
    only_if_cached.only_if_cached = true;
    EXPECT_EQ(decide_absent(false, {}, Mode::safe), (Decision{Reuse::fetch, Forward::uri_miss}));
    EXPECT_EQ(decide_absent(true, {}, Mode::safe), (Decision{Reuse::fetch, Forward::vary_miss}));
    EXPECT_EQ(decide_absent(false, only_if_cached, Mode::safe), timeout);
    EXPECT_EQ(decide_absent(false, only_if_cached, Mode::obey), timeout);
    EXPECT_EQ(decide_absent(false, only_if_cached, Mode::ignore), (Decision{Reuse::fetch, Forward::uri_miss}));
}

// RFC 5861 section 4.
TEST(Reuse, StaleIfErrorIsAWindow) {
    storage::Object stored = object();
    const auto may = [&](storage::Seconds age, const RequestDirectives& directives = {}, Mode mode = Mode::obey) {
        return may_serve_on_error(stored, directives, mode, test_time + age);
    };
    EXPECT_TRUE(may(59));
    EXPECT_FALSE(may(60));
    RequestDirectives client;
    client.stale_if_error = 20;
    EXPECT_TRUE(may(79, client));
    EXPECT_FALSE(may(80, client));
    EXPECT_FALSE(may(79, client, Mode::safe));
    stored.lifetime.stale_if_error = 10;
    EXPECT_TRUE(may(69));
    EXPECT_FALSE(may(70));
    RequestDirectives no_cache;
    no_cache.no_cache = true;
    EXPECT_TRUE(may(0, no_cache));
    stored.lifetime.stale_if_error = 0;
    EXPECT_FALSE(may(0, no_cache));
    EXPECT_TRUE(may(0, no_cache, Mode::safe));
    stored.lifetime.stale_if_error = 10;
    stored.lifetime.must_revalidate = true;
    EXPECT_FALSE(may(60, client));
    EXPECT_TRUE(may(59));
    for (const int status : {500, 502, 503, 504}) EXPECT_TRUE(is_origin_error(status)) << status;
    for (const int status : {200, 404, 429, 499, 501, 505}) EXPECT_FALSE(is_origin_error(status)) << status;
}

}  // namespace
}  // namespace larder::policy
