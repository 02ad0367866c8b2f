#include "policy/request_field.h"

#include <gtest/gtest.h>

namespace larder::policy {
namespace {

TEST(RequestField, EachNameHasOneRole) {
    using enum FieldRole;
    const struct {
        const char* name;
        FieldRole role;
    } cases[] = {
        {"Accept", list},
        {"accept-ENCODING", list},
        {"User-Agent", singleton},
        {"Cookie", cookie},
        {"If-None-Match", condition},
        {"Range", condition},
        {"Connection", connection},
        {"TE", connection},
        {"Keep-Alive", connection},
        {"X-Forwarded-For", written},
        {"x-forwarded-host", written},
        {"X-Forwarded-Port", claim},
        {"X-Forwarded", claim},
        {"X-Forwarded-Client-Cert", claim},
        {"X-SSL-Client-Verify", claim},
        {"X-SSL", claim},
        {"Forwarded", written},
        {"Via", written},
        {"CDN-Loop", written},
        {"Traceparent", trace},
        {"X-HTTP-Method-Override", override},
        {"X-Original-URL", claim},
        {"X-Original-URI", claim},
        {"Proxy", claim},
        {"X-Scheme", claim},
        {"X-HTTP-Host-Override", claim},
        {"X-Forward-Host", claim},
        {"Front-End-Https", claim},
        {"True-Client-IP", claim},
        {"CF-Connecting-IP", claim},
        {"X-Accel-Mapping", claim},
        {"X-Middleware-Subrequest", claim},
        {"Surrogate-Capability", claim},
        {"Client-Cert", claim},
        {"X-Api-Key", plain},
        {"X-S", plain},
        {"X", plain},
        {"", plain},
        {"Accept-", plain},
    };
    for (const auto& c : cases) EXPECT_EQ(request_field(c.name).role, c.role) << c.name;
}

TEST(RequestField, NumbersTellNamesApart) {
    EXPECT_EQ(request_field("Accept").number, request_field("ACCEPT").number);
    EXPECT_NE(request_field("Accept").number, request_field("Cookie").number);
    EXPECT_EQ(request_field("X-Unknown").number, 0);
}

TEST(RequestField, ConditionsAreListsOrSingletons) {
    for (const char* name : {"If-Match", "If-None-Match"}) EXPECT_TRUE(request_field(name).is_list) << name;
    for (const char* name : {"If-Modified-Since", "If-Unmodified-Since", "Range", "If-Range"}) {
        EXPECT_TRUE(request_field(name).is_singleton) << name;
    }
}

TEST(RequestField, NamesThatCgiTakesForOthersAreAmbiguous) {
    for (const char* name : {"X_User", "Accept_Language", "X.User", "X-User_", "a!b", "x~"}) {
        EXPECT_TRUE(has_ambiguous_name(name)) << name;
    }
    for (const char* name : {"X-User", "accept", "X-1", "DNT"}) EXPECT_FALSE(has_ambiguous_name(name)) << name;
}

}  // namespace
}  // namespace larder::policy
