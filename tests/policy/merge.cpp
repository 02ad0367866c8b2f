#include "policy/merge.h"

#include <gtest/gtest.h>

#include "policy/field_lines.h"
#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

std::string merged(std::string_view stored, std::string_view update, const Rules& rules = {}) {
    const Fields fields = fields_of(update);
    return merged_fields(stored, {304, fields, test_time, test_time}, rules);
}

TEST(Merge, StoredTextIsReadBack) {
    const Fields fields = fields_in("A: 1\r\nB:\r\nC: x: y\r\nbroken\r\nD: 2");
    EXPECT_EQ(std::vector<Field>(fields.begin(), fields.end()),
              (std::vector<Field>{{"A", "1"}, {"B", ""}, {"C", "x: y"}, {"D", "2"}}));
    EXPECT_TRUE(fields_in("").empty());
}

// RFC 9111 section 3.2.
TEST(Merge, NewFieldsReplaceAllOfTheirName) {
    EXPECT_EQ(merged("A: 1\r\nB: 2\r\na: 3\r\nDate: x\r\n", "A: 4\nA: 5\nC: 6\nDate: y"),
              "B: 2\r\nA: 4\r\nA: 5\r\nC: 6\r\nDate: y\r\n");
    EXPECT_EQ(merged("ETag: \"1\"\r\nCache-Control: max-age=1\r\nExpires: 0\r\nContent-Location: /a\r\nDate: x\r\n",
                     "Date: y\nETag: \"2\"\nCache-Control: max-age=2\nExpires: 1\nContent-Location: /b\n"),
              "Date: y\r\nETag: \"2\"\r\nCache-Control: max-age=2\r\nExpires: 1\r\nContent-Location: /b\r\n");
}

TEST(Merge, SomeFieldsStayAsTheyWere) {
    const char* stored = "Content-Encoding: gzip\r\nContent-MD5: a\r\nContent-Range: bytes 0-1/2\r\nDate: x\r\n";
    EXPECT_EQ(merged(stored,
                     "Content-Encoding: br\nContent-MD5: b\nContent-Range: bytes 2-3/4\nContent-Length: 0\n"
                     "Age: 5\nConnection: X-Hop\nX-Hop: 1\nKeep-Alive: 1\nProxy-Authenticate: x\nDate: x"),
              stored);
    EXPECT_EQ(merged("Date: x\r\n", "Content-MD5: b\nDate: x"), "Date: x\r\n");
}

// RFC 9110 section 6.6.1.
TEST(Merge, WithoutDateTheTimeOfReceiptCounts) {
    EXPECT_EQ(merged("Date: x\r\nA: 1\r\n", "B: 2"), "A: 1\r\nB: 2\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\n");
}

TEST(Merge, SetCookieFollowsTheStrategy) {
    Rules rules;
    rules.configuration.set_cookie = config::SetCookie::strip;
    EXPECT_EQ(merged("Date: x\r\n", "Set-Cookie: a=b\nDate: x", rules), "Date: x\r\n");
}

// RFC 9111 section 4.3.4.
TEST(Merge, A304MeansTheObjectWithItsValidator) {
    const struct {
        const char* etag;
        bool dated;  // Last-Modified is test_time
        const char* update;
        bool freshens;
    } cases[] = {
        {"\"a\"", true, "X: y", true},
        {"\"a\"", true, "ETag: \"a\"", true},
        {"\"a\"", true, "ETag: \"b\"", false},
        {"\"a\"", true, "ETag: W/\"a\"", true},
        {"W/\"a\"", true, "ETag: W/\"a\"", true},
        {"W/\"a\"", true, "ETag: \"a\"", false},
        {"", true, "ETag: \"a\"", false},
        {"\"a\"", true, "ETag: \"b\"\nLast-Modified: Tue, 14 Nov 2023 22:13:20 GMT", false},
        {"", true, "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT", true},
        {"", true, "Last-Modified: Tue, 14 Nov 2023 22:13:21 GMT", false},
        {"", true, "Last-Modified: 0", true},
        {"\"a\"", false, "Last-Modified: Tue, 14 Nov 2023 22:13:21 GMT", false},
        {"\"a\"", true, "ETag: \"a\"\nLast-Modified: Tue, 14 Nov 2023 22:13:21 GMT", true},
        {"", true, "ETag: \"a\"\nLast-Modified: Tue, 14 Nov 2023 22:13:20 GMT", true},
        {"", true, "ETag: \"a\"\nLast-Modified: Tue, 14 Nov 2023 22:13:21 GMT", false},
        {"", false, "ETag: \"a\"", false},
        {"", true, "ETag: W/\"a\"\nLast-Modified: 0", false},
    };
    for (const auto& test : cases) {
        storage::Object object;
        object.etag = test.etag;
        if (test.dated) object.last_modified = test_time;
        EXPECT_EQ(freshens(fields_of(test.update), object), test.freshens) << test.etag << ' ' << test.update;
    }
}

// RFC 9111 section 4.3.5.
TEST(Merge, AHeadFreshensOnlyWhatItValidates) {
    auto body = std::make_shared<storage::Body>();
    body->size = 5;
    storage::Object object;
    object.etag = "\"a\"";
    object.last_modified = test_time;
    object.body = body;
    const auto effect = [&](std::string_view text, int status = 200) {
        const Fields fields = fields_of(text);
        return head_effect({status, fields, test_time, test_time}, object);
    };
    EXPECT_EQ(effect("ETag: \"a\"\nContent-Length: 5"), HeadEffect::freshens);
    EXPECT_EQ(effect("X: y"), HeadEffect::none);
    EXPECT_EQ(effect("Content-Length: 5"), HeadEffect::none);
    EXPECT_EQ(effect("Cache-Control: max-age=600\nLast-Modified: 0"), HeadEffect::none);
    EXPECT_EQ(effect("ETag: W/\"a\""), HeadEffect::freshens);
    EXPECT_EQ(effect("ETag: \"a\"\nLast-Modified: Tue, 14 Nov 2023 22:13:21 GMT"), HeadEffect::invalidates);
    EXPECT_EQ(effect("Content-Length: 6"), HeadEffect::invalidates);
    EXPECT_EQ(effect("ETag: \"b\"\nContent-Length: 5"), HeadEffect::invalidates);
    EXPECT_EQ(effect("ETag: \"a\"\nContent-Length: 6"), HeadEffect::invalidates);
    EXPECT_EQ(effect("Content-Length: 5x"), HeadEffect::invalidates);
    EXPECT_EQ(effect("Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT"), HeadEffect::freshens);
    EXPECT_EQ(effect("Last-Modified: Tue, 14 Nov 2023 22:13:21 GMT"), HeadEffect::invalidates);
    EXPECT_EQ(effect("ETag: \"b\"", 404), HeadEffect::none);
    object.status = 404;
    EXPECT_EQ(effect("ETag: \"b\""), HeadEffect::none);
}

TEST(Merge, AHeadProvesNothingOfAnObjectWithoutValidators) {
    storage::Object object;
    const auto effect = [&](std::string_view text) {
        const Fields fields = fields_of(text);
        return head_effect({200, fields, test_time, test_time}, object);
    };
    EXPECT_EQ(effect("Content-Length: 0"), HeadEffect::none);
    EXPECT_EQ(effect("ETag: \"a\""), HeadEffect::invalidates);
    EXPECT_EQ(effect("Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT"), HeadEffect::invalidates);
    object.part = storage::Part{0, std::nullopt};
    EXPECT_EQ(effect("Content-Length: 7"), HeadEffect::none);
    object.part->complete = 8;
    EXPECT_EQ(effect("Content-Length: 7"), HeadEffect::invalidates);
}

}  // namespace
}  // namespace larder::policy
