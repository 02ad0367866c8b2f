#include "policy/conditional.h"

#include <gtest/gtest.h>

#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

constexpr auto proceed = Precondition::proceed, not_modified = Precondition::not_modified,
               to_origin = Precondition::to_origin;

storage::Object object(std::string etag, std::optional<UnixTime> last_modified = std::nullopt) {
    storage::Object result;
    result.etag = std::move(etag);
    result.last_modified = last_modified;
    result.date = test_time;
    return result;
}

TEST(Conditional, EntityTagsCompareWeaklyOrStrongly) {
    const struct {
        const char* a;
        const char* b;
        bool strongly, weakly;
    } cases[] = {
        // RFC 9110 section 8.8.3.2
        {"W/\"1\"", "W/\"1\"", false, true}, {"W/\"1\"", "W/\"2\"", false, false}, {"W/\"1\"", "\"1\"", false, true},
        {"\"1\"", "\"1\"", true, true},      {"\"1\"", "\"2\"", false, false},     {"", "", false, false},
        {"\"a\"", "\"A\"", false, false},    {"w/\"1\"", "\"1\"", false, false},
    };
    for (const auto& test : cases) {
        EXPECT_EQ(strongly_equal(test.a, test.b), test.strongly) << test.a << ' ' << test.b;
        EXPECT_EQ(weakly_equal(test.a, test.b), test.weakly) << test.a << ' ' << test.b;
        EXPECT_EQ(weakly_equal(test.b, test.a), test.weakly) << test.a << ' ' << test.b;
    }
}

// RFC 9110 section 13.1.2.
TEST(Conditional, IfNoneMatch) {
    const struct {
        const char* id;
        const char* etag;
        const char* request;
        Precondition expected;
    } cases[] = {
        {"same", "\"a\"", "If-None-Match: \"a\"", not_modified},
        {"other", "\"a\"", "If-None-Match: \"b\"", proceed},
        {"weak in the request", "\"a\"", "If-None-Match: W/\"a\"", not_modified},
        {"weak in the store", "W/\"a\"", "If-None-Match: \"a\"", not_modified},
        {"first of a list", "\"a\"", "If-None-Match: \"a\", \"b\"", not_modified},
        {"last of a list", "\"a\"", "If-None-Match: \"b\",\"c\" , W/\"a\"", not_modified},
        {"second line", "\"a\"", "If-None-Match: \"b\"\nIf-None-Match: \"a\"", not_modified},
        {"empty members", "\"a\"", "If-None-Match: ,, \"a\" ,", not_modified},
        {"comma inside", "\"a,b\"", "If-None-Match: \"c\", \"a,b\"", not_modified},
        {"not a part", "\"b\"", "If-None-Match: \"a,\"b\",c\"", proceed},
        {"commas do not make tags", "b", "If-None-Match: \"a,b,c\"", proceed},
        {"backslash is a character", "\"b\"", "If-None-Match: \"a\\\", \"b\"", not_modified},
        {"star", "\"a\"", "If-None-Match: *", not_modified},
        {"star without ETag", "", "If-None-Match: *", not_modified},
        {"star in a list", "\"a\"", "If-None-Match: \"b\", *", proceed},
        {"without ETag", "", "If-None-Match: \"a\"", proceed},
        {"empty", "\"a\"", "If-None-Match:", proceed},
        {"unquoted for quoted", "\"a\"", "If-None-Match: a", proceed},
        {"unquoted for unquoted", "a", "If-None-Match: a", not_modified},
        {"unquoted in a list", "a", "If-None-Match: b, a", not_modified},
        {"quote left open", "\"a\"", "If-None-Match: \"a", proceed},
        {"open quote swallows", "\"a\"", "If-None-Match: \"b, a", proceed},
        {"garbage behind", "\"a\"", "If-None-Match: \"a\"x", proceed},
        {"garbage, then good", "\"a\"", "If-None-Match: \"b\"x, \"a\"", not_modified},
        {"lower-case w", "\"a\"", "If-None-Match: w/\"a\"", proceed},
        {"beats If-Modified-Since", "\"a\"", "If-None-Match: \"b\"\nIf-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT",
         proceed},
        {"beats an old If-Modified-Since", "\"a\"",
         "If-None-Match: \"a\"\nIf-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT", not_modified},
    };
    for (const auto& test : cases) {
        EXPECT_EQ(evaluate("GET", fields_of(test.request), object(test.etag, test_time), test_time), test.expected)
            << test.id;
    }
}

// RFC 9110 section 13.1.3, RFC 9111 section 4.3.2.
TEST(Conditional, IfModifiedSince) {
    const struct {
        const char* id;
        std::optional<UnixTime> last_modified;
        const char* request;
        Precondition expected;
    } cases[] = {
        {"same", test_time, "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT", not_modified},
        {"modified before", test_time - 9, "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT", not_modified},
        {"modified after", test_time + 1, "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT", proceed},
        {"RFC 850", test_time, "If-Modified-Since: Tuesday, 14-Nov-23 22:13:20 GMT", not_modified},
        {"invalid", test_time, "If-Modified-Since: 2023-11-14", proceed},
        {"zero", test_time, "If-Modified-Since: 0", proceed},
        {"twice", test_time,
         "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT\nIf-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT", proceed},
        {"Date instead", std::nullopt, "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT", not_modified},
        {"Date is later", std::nullopt, "If-Modified-Since: Tue, 14 Nov 2023 22:13:19 GMT", proceed},
        {"none", test_time, "X: y", proceed},
    };
    for (const auto& test : cases) {
        EXPECT_EQ(evaluate("GET", fields_of(test.request), object("", test.last_modified), test_time), test.expected)
            << test.id;
        EXPECT_EQ(evaluate("HEAD", fields_of(test.request), object("", test.last_modified), test_time), test.expected)
            << test.id;
        EXPECT_EQ(evaluate("POST", fields_of(test.request), object("", test.last_modified), test_time), proceed)
            << test.id;
    }
}

// RFC 9110 section 13.2.1.
TEST(Conditional, OnlySuccessIsConditional) {
    storage::Object stored = object("\"a\"");
    for (const auto& [status, expected] : {std::pair(200, not_modified), std::pair(204, not_modified),
                                           std::pair(301, proceed), std::pair(404, proceed), std::pair(500, proceed)}) {
        stored.status = status;
        EXPECT_EQ(evaluate("GET", fields_of("If-None-Match: \"a\""), stored, test_time), expected) << status;
        EXPECT_EQ(evaluate("GET", fields_of("If-None-Match: *"), stored, test_time), expected) << status;
    }
}

TEST(Conditional, IfMatchAndIfUnmodifiedSinceAreForTheOrigin) {
    for (const char* text : {"If-Match: \"a\"", "If-Unmodified-Since: 0", "If-None-Match: \"a\"\nIf-Match: *"}) {
        EXPECT_EQ(evaluate("GET", fields_of(text), object("\"a\""), test_time), to_origin) << text;
        EXPECT_EQ(evaluate("PUT", fields_of(text), object("\"a\""), test_time), to_origin) << text;
    }
}

// RFC 9110 section 13.1.5.
TEST(Conditional, IfRangeComparesStrongly) {
    const struct {
        const char* id;
        const char* etag;
        std::optional<UnixTime> last_modified;
        const char* request;
        bool holds;
    } cases[] = {
        {"none", "\"a\"", {}, "Range: bytes=0-1", true},
        {"same", "\"a\"", {}, "If-Range: \"a\"", true},
        {"other", "\"a\"", {}, "If-Range: \"b\"", false},
        {"weak in the request", "\"a\"", {}, "If-Range: W/\"a\"", false},
        {"both weak", "W/\"a\"", {}, "If-Range: W/\"a\"", false},
        {"list", "\"a\"", {}, "If-Range: \"a\", \"b\"", false},
        {"star", "\"a\"", {}, "If-Range: *", false},
        {"twice", "\"a\"", {}, "If-Range: \"a\"\nIf-Range: \"a\"", false},
        {"empty", "\"a\"", {}, "If-Range:", false},
        {"no ETag", "", {}, "If-Range: \"a\"", false},
        {"date", "", test_time - 1, "If-Range: Tue, 14 Nov 2023 22:13:19 GMT", true},
        {"later date", "", test_time - 2, "If-Range: Tue, 14 Nov 2023 22:13:19 GMT", false},
        {"weak date", "", test_time, "If-Range: Tue, 14 Nov 2023 22:13:20 GMT", false},
        {"no Last-Modified", "", {}, "If-Range: Tue, 14 Nov 2023 22:13:20 GMT", false},
        {"invalid date", "", {}, "If-Range: a", false},
    };
    for (const auto& test : cases) {
        EXPECT_EQ(if_range_holds(fields_of(test.request), object(test.etag, test.last_modified), test_time), test.holds)
            << test.id;
    }
}

TEST(Conditional, ValidatorsAreThoseStored) {
    EXPECT_EQ(validators(object("W/\"a\"", test_time)).if_none_match, "W/\"a\"");
    EXPECT_EQ(validators(object("W/\"a\"", test_time)).if_modified_since, test_time_text);
    EXPECT_EQ(validators(object("")).if_none_match, "");
    EXPECT_EQ(validators(object("")).if_modified_since, "");
}

}  // namespace
}  // namespace larder::policy
