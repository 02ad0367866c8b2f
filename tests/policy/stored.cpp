#include "policy/stored.h"

#include <gtest/gtest.h>

#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

storage::Object stored(std::string_view request, std::string_view response) {
    const Fields request_fields = fields_of(request), response_fields = fields_of(response);
    return stored_object({"GET", request_fields}, {200, response_fields, test_time, test_time}, {});
}

Refreshed refreshed(const storage::Object& old, std::string_view request, std::string_view update) {
    const Fields request_fields = fields_of(request), update_fields = fields_of(update);
    return refreshed_object(old, {"HEAD", request_fields}, {304, update_fields, test_time + 100, test_time + 100}, {});
}

constexpr std::string_view response =
    "Date: Tue, 14 Nov 2023 22:13:10 GMT\nCache-Control: max-age=60\nETag: \"a\"\nVary: Foo\nCache-Tag: t\n"
    "Last-Modified: Tue, 14 Nov 2023 21:13:20 GMT";

TEST(Stored, HasEverythingThatIsDecidedOnce) {
    const storage::Object object = stored("Foo: 1", response);
    EXPECT_EQ(object.status, 200);
    EXPECT_EQ(object.etag, "\"a\"");
    EXPECT_EQ(object.last_modified, test_time - 3600);
    EXPECT_EQ(object.date, test_time - 10);
    EXPECT_EQ(object.stored_at, test_time);
    EXPECT_EQ(object.tags, std::vector<std::string>{"t"});
    EXPECT_EQ(object.vary, (std::vector<storage::VaryField>{{"foo", "1"}}));
    EXPECT_EQ(object.lifetime.freshness, 60);
    EXPECT_EQ(object.lifetime.initial_age, 10);
    EXPECT_TRUE(object.fields.starts_with("Date: Tue, 14 Nov 2023 22:13:10 GMT\r\nCache-Control"));
}

TEST(Stored, KnowsWhoseRequestsItMayAnswer) {
    const struct {
        const char* cache_control;
        bool authorized, cookies;
    } cases[] = {
        {"max-age=60", false, false},
        {"max-age=60, must-revalidate", true, false},
        {"max-age=60, proxy-revalidate", false, false},
        {"public, max-age=60", true, true},
        {"s-maxage=60", true, true},
    };
    for (const auto& test : cases) {
        const storage::Object object = stored("", std::string("Cache-Control: ") + test.cache_control);
        EXPECT_EQ(object.for_authorized, test.authorized) << test.cache_control;
        EXPECT_EQ(object.for_cookies, test.cookies) << test.cache_control;
    }
}

TEST(Stored, KnowsTheRulesThatItWasLastStoredUnder) {
    const Fields nothing, fields = fields_of(response), update = fields_of("Cache-Control: max-age=90");
    Rules rules;
    rules.fingerprint = 7;
    const storage::Object object = stored_object({"GET", nothing}, {200, fields, test_time, test_time}, rules);
    EXPECT_EQ(object.rules_fingerprint, 7U);
    rules.fingerprint = 8;
    const auto result = refreshed_object(object, {"GET", nothing}, {304, update, test_time, test_time}, rules);
    EXPECT_EQ(result.object.rules_fingerprint, 8U);
}

TEST(Stored, A304RenewsHeadAndLifetimeAndKeepsTheBody) {
    storage::Object old = stored("Foo: 1", response);
    old.body = std::make_shared<storage::Body>();
    old.strategy = 3;
    old.resource_id = "42";
    old.lifetime.invalidated = true;
    const Refreshed result = refreshed(old, "Foo: 1", "Cache-Control: max-age=90\nAge: 7\nCache-Tag: u");
    EXPECT_EQ(result.object.status, 200);
    EXPECT_EQ(result.object.body, old.body);
    EXPECT_EQ(result.object.strategy, 3U);
    EXPECT_EQ(result.object.resource_id, "42");
    EXPECT_EQ(result.object.etag, "\"a\"");
    EXPECT_EQ(result.object.tags, std::vector<std::string>{"u"});
    EXPECT_EQ(result.object.vary, old.vary);
    EXPECT_EQ(result.object.lifetime.freshness, 90);
    EXPECT_EQ(result.object.lifetime.initial_age, 7);
    EXPECT_EQ(result.object.lifetime.response_time, test_time + 100);
    EXPECT_FALSE(result.object.lifetime.invalidated);
    EXPECT_EQ(result.object.fields.find("Age"), std::string::npos);
    EXPECT_NE(result.object.fields.find("Date: Tue, 14 Nov 2023 22:15:00 GMT\r\n"), std::string::npos);
}

TEST(Stored, A304ThatForbidsStoringEndsTheObject) {
    const storage::Object old = stored("Foo: 1", response);
    const std::pair<const char*, StoreVerdict> cases[] = {
        {"Cache-Control: private", StoreVerdict::private_response},
        {"Cache-Control: no-store", StoreVerdict::no_store},
        {"Set-Cookie: a=b", StoreVerdict::set_cookie},
        {"Vary: *", StoreVerdict::vary_star},
    };
    for (const auto& [update, verdict] : cases) {
        const Refreshed result = refreshed(old, "Foo: 1", update);
        EXPECT_EQ(result.verdict, verdict) << update;
        EXPECT_TRUE(result.drop_old) << update;
    }
}

TEST(Stored, WhoAskedGetsTheHeadThatEndsTheObject) {
    storage::Object old = stored("Foo: 1", response);
    old.body = std::make_shared<storage::Body>();
    const Refreshed result =
        refreshed(old, "Foo: 1", "Cache-Control: private, no-store\nSet-Cookie: a=b\nX-New: 1\nETag: \"a\"");
    EXPECT_EQ(result.verdict, StoreVerdict::no_store);
    EXPECT_EQ(result.object.body, old.body);
    EXPECT_EQ(result.object.fields.find("max-age=60"), std::string::npos);
    for (const char* line : {"Cache-Control: private, no-store\r\n", "Set-Cookie: a=b\r\n", "X-New: 1\r\n"}) {
        EXPECT_NE(result.object.fields.find(line), std::string::npos) << line;
    }
}

TEST(Stored, AClientsOwnRestrictionLeavesTheObjectAsItIs) {
    const storage::Object old = stored("Foo: 1", response);
    for (const char* request : {"Authorization: x", "Cookie: a=b", "Cache-Control: no-store", "Range: bytes=0-1"}) {
        const Refreshed result = refreshed(old, request, "ETag: \"a\"");
        EXPECT_NE(result.verdict, StoreVerdict::storable) << request;
        EXPECT_FALSE(result.drop_old) << request;
    }
}

}  // namespace
}  // namespace larder::policy
