#include "policy/date.h"

#include <gtest/gtest.h>

#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

constexpr UnixTime example = 784111777;  // of RFC 9110 section 5.6.7

TEST(Date, ThreeFormatsAreAccepted) {
    const struct {
        const char* text;
        UnixTime time;
    } cases[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", example},
        {"Sunday, 06-Nov-94 08:49:37 GMT", example},
        {"Sun Nov  6 08:49:37 1994", example},
        {"Sun Nov 06 08:49:37 1994", example},
        {"Wed Nov 16 08:49:37 1994", example + 10 * 86400},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Wed, 31 Dec 1969 23:59:59 GMT", -1},
        {"Thu, 29 Feb 2024 00:00:00 GMT", 1709164800},
        {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
        {"Thu, 18 Aug 2050 02:01:18 GMT", 2544400878},
        {"Thursday, 18-Aug-50 02:01:18 GMT", 2544400878},
        {"Thu Aug 18 02:01:18 2050", 2544400878},
        // RFC 9111 section 4.2: case does not matter to a cache.
        {"sUN, 06 nOV 1994 08:49:37 gmt", example},
        // A leap second is the second before it.
        {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228799},
    };
    for (const auto& test : cases) EXPECT_EQ(parse_http_date(test.text, test_time), test.time) << test.text;
}

TEST(Date, EverythingElseIsInvalid) {
    for (const char* text :
         {"", "0", "-1", "now", ",", "Sun", "Sun,", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
          "Sun, 06 Nov 1994 08:49:37 +0000", "Sun, 06 Nov 1994 08:49:37 AEST", "Sun, 06 Nov 1994 08:49:37 GMT ",
          "Sun, 06 Nov 1994 08:49:37 GMT+1", " Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
          "Sun,  6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 06-Nov-1994 08:49:37 GMT",
          "Sun, 06 Nov 1994 8:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 1994 08.49.37 GMT",
          "Sun, 06 Nov  1994 08:49:37 GMT", "Sun 06 Nov 1994 08:49:37 GMT", "Sun,06 Nov 1994 08:49:37 GMT",
          "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:60 GMT",
          "Sun, 06 Nov 1994 23:59:61 GMT", "Thu, 31 Feb 1994 08:49:37 GMT", "Wed, 29 Feb 2023 08:49:37 GMT",
          "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Now 1994 08:49:37 GMT", "Sun, 06 November 1994 08:49:37 GMT",
          "Sun, -6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 19940 08:49:37 GMT", "Sun, 06 Nov 1994T08:49:37 GMT",
          // the weekday
          "Foo, 06 Nov 1994 08:49:37 GMT", "Sunday, 06 Nov 1994 08:49:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT",
          "Sunday Nov  6 08:49:37 1994",
          // RFC 850 and asctime
          "Sunday, 06-Nov-1994 08:49:37 GMT", "Sunday, 6-Nov-94 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 UTC",
          "Sunday, 06-Nov-94 08:49:37", "Sun Nov 6 08:49:37 1994", "Sun Nov  6 08:49:37 94",
          "Sun Nov  6 08:49:37 1994 GMT", "Sun Nov  6 08:49:37 GMT 1994", "1994-11-06T08:49:37Z", "784111777"}) {
        EXPECT_EQ(parse_http_date(text, test_time), std::nullopt) << text;
    }
    EXPECT_EQ(parse_http_date(std::string_view("Sun, 06 Nov 1994 08:49:37 GM\0", 29), test_time), std::nullopt);
}

// RFC 9110 section 5.6.7.
TEST(Date, WithTheWeekdayOfAnotherDayIsTheDate) {
    for (const char* text :
         {"Mon, 06 Nov 1994 08:49:37 GMT", "Saturday, 06-Nov-94 08:49:37 GMT", "Wed Nov  6 08:49:37 1994"}) {
        EXPECT_EQ(parse_http_date(text, test_time), 784111777) << text;
    }
}

// RFC 9110 section 5.6.7; test_time is 2023-11-14T22:13:20Z.
TEST(Date, TwoDigitYearIsAtMostFiftyYearsAhead) {
    EXPECT_EQ(parse_http_date("Tuesday, 14-Nov-73 22:13:20 GMT", test_time), 3277923200);
    EXPECT_EQ(parse_http_date("Wednesday, 14-Nov-73 22:13:21 GMT", test_time), 122163201);
    EXPECT_EQ(parse_http_date("Thursday, 15-Nov-73 00:00:00 GMT", test_time), 122169600);
    EXPECT_EQ(parse_http_date("Friday, 15-Nov-74 00:00:00 GMT", test_time), 153705600);
    EXPECT_EQ(parse_http_date("Tuesday, 14-Nov-23 22:13:20 GMT", test_time), test_time);
    const UnixTime year_2090 = 3786912000;
    EXPECT_EQ(parse_http_date("Friday, 01-Jan-00 00:00:00 GMT", year_2090), 4102444800);
}

TEST(Date, WritesImfFixdate) {
    EXPECT_EQ(http_date(example), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(http_date(test_time), test_time_text);
    EXPECT_EQ(http_date(-1), "Wed, 31 Dec 1969 23:59:59 GMT");
    EXPECT_EQ(http_date(INT64_MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
    EXPECT_EQ(http_date(INT64_MIN), "Sat, 01 Jan 0000 00:00:00 GMT");
}

TEST(Date, WhatIsWrittenIsRead) {
    for (UnixTime time = 0; time < 5'000'000'000; time += 12'345'678) {
        EXPECT_EQ(parse_http_date(http_date(time), test_time), time);
    }
}

}  // namespace
}  // namespace larder::policy
