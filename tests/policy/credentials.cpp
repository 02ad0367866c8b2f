#include "policy/credentials.h"

#include <gtest/gtest.h>

#include "policy/storable.h"
#include "policy/stored.h"
#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

constexpr const char* requests[] = {
    "", "Authorization: x", "X-Api-Key: x", "Cookie: a=b", "Cookie: a=b\nAuthorization: x", "Cookie: theme=dark"};

TEST(Credentials, WhatMayNotBeStoredForThemIsNotServedToThem) {
    std::vector<Rules> all(5);
    all[1].configuration.lift = {"authorization"};
    all[2].configuration.cookies = config::RequestCookies::ignore;
    all[3].configuration.key_cookies = {"theme"};
    all[4].configuration.personal_fields = {};
    for (const Rules& rules : all) {
        for (const char* said : {"max-age=60", "max-age=60, must-revalidate", "max-age=60, proxy-revalidate",
                                 "public, max-age=60", "s-maxage=60"}) {
            const std::string text = std::string("Cache-Control: ") + said;
            const Fields nobody, fields = fields_of(text);
            const Response response{200, fields, test_time, test_time};
            const storage::Object object = stored_object({"GET", nobody}, response, rules);
            for (const char* request : requests) {
                const Fields sent = fields_of(request);
                const Request asked{"GET", sent};
                EXPECT_EQ(may_answer(object, asked, rules), storable(asked, response, rules) == StoreVerdict::storable)
                    << said << " | " << request << " | " << &rules - all.data();
            }
        }
    }
}

TEST(Credentials, EachKindNeedsItsOwnPermission) {
    const Rules rules;
    storage::Object object;
    const auto answers = [&](std::string_view text) {
        const Fields fields = fields_of(text);
        return may_answer(object, {"GET", fields}, rules);
    };
    EXPECT_TRUE(answers("Accept: */*"));
    object.for_authorized = true;
    EXPECT_TRUE(answers("Authorization: x"));
    EXPECT_FALSE(answers("Cookie: a=b"));
    EXPECT_FALSE(answers("Cookie: a=b\nAuthorization: x"));
    object.for_cookies = true;
    EXPECT_TRUE(answers("Cookie: a=b\nAuthorization: x"));
    object.for_authorized = false;
    EXPECT_FALSE(answers("Authorization: x"));
    EXPECT_TRUE(answers("Cookie: a=b"));
}

}  // namespace
}  // namespace larder::policy
