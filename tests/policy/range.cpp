#include "policy/range.h"

#include <gtest/gtest.h>

#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

using Ranges = std::vector<ByteRange>;

constexpr auto whole = RangeOutcome::whole, partial = RangeOutcome::partial,
               unsatisfiable = RangeOutcome::unsatisfiable;

RangeSelection selected(std::string_view range, std::uint64_t size = 10) {
    Fields fields;
    fields.add("Range", range);
    return select_ranges("GET", fields, size);
}

// RFC 9110 section 14.1.2, on ten bytes.
TEST(Range, Selections) {
    const struct {
        const char* range;
        RangeOutcome outcome;
        Ranges ranges;
    } cases[] = {
        {"bytes=0-4", partial, {{0, 4}}},
        {"bytes=0-0", partial, {{0, 0}}},
        {"bytes=9-9", partial, {{9, 9}}},
        {"bytes=0-9", partial, {{0, 9}}},
        {"bytes=0-100", partial, {{0, 9}}},
        {"bytes=5-", partial, {{5, 9}}},
        {"bytes=-3", partial, {{7, 9}}},
        {"bytes=-10", partial, {{0, 9}}},
        {"bytes=-100", partial, {{0, 9}}},
        {"BYTES=0-4", partial, {{0, 4}}},
        {"bytes=00-04", partial, {{0, 4}}},
        {"bytes=0-1,4-5", partial, {{0, 1}, {4, 5}}},
        {"bytes=0-1 ,\t4-5,", partial, {{0, 1}, {4, 5}}},
        {"bytes=8-9,0-1", partial, {{8, 9}, {0, 1}}},
        {"bytes=0-1,2-3", partial, {{0, 1}, {2, 3}}},
        {"bytes=0-1,10-", partial, {{0, 1}}},
        {"bytes=-0,0-1", partial, {{0, 1}}},
        {"bytes=10-", unsatisfiable, {}},
        {"bytes=10-20", unsatisfiable, {}},
        {"bytes=-0", unsatisfiable, {}},
        {"bytes=10-11,-0", unsatisfiable, {}},
        // 64-bit limits
        {"bytes=0-18446744073709551615", partial, {{0, 9}}},
        {"bytes=0-99999999999999999999999", partial, {{0, 9}}},
        {"bytes=-18446744073709551616", partial, {{0, 9}}},
        {"bytes=18446744073709551616-18446744073709551617", unsatisfiable, {}},
        {"bytes=18446744073709551615-", unsatisfiable, {}},
        // ill-formed
        {"", whole, {}},
        {"bytes", whole, {}},
        {"bytes=", whole, {}},
        {"bytes=,", whole, {}},
        {"bytes=-", whole, {}},
        {"bytes=--1", whole, {}},
        {"bytes=5", whole, {}},
        {"bytes=5-1", whole, {}},
        {"bytes=a-b", whole, {}},
        {"bytes=0-b", whole, {}},
        {"bytes=a-1", whole, {}},
        {"bytes=0-1-2", whole, {}},
        {"bytes= 0 - 1 ", whole, {}},
        {"bytes=+0-1", whole, {}},
        {"bytes=0x0-1", whole, {}},
        {"bytes =0-1", whole, {}},
        {"bytes:0-1", whole, {}},
        {"bytes=0-1;4-5", whole, {}},
        {"bytes=0-1,x", whole, {}},
        {"items=0-1", whole, {}},
        // overlap
        {"bytes=0-4,4-5", whole, {}},
        {"bytes=5-,0-5", whole, {}},
        {"bytes=0-9,-1", whole, {}},
        {"bytes=1-1,1-1", whole, {}},
        {"bytes=0-,0-", whole, {}},
        {"bytes=0-8,2-3", whole, {}},
    };
    for (const auto& test : cases) {
        EXPECT_EQ(selected(test.range).outcome, test.outcome) << test.range;
        EXPECT_EQ(selected(test.range).ranges, test.ranges) << test.range;
    }
}

TEST(Range, EmptyBodyHasNoRanges) {
    EXPECT_EQ(selected("bytes=0-", 0).outcome, unsatisfiable);
    EXPECT_EQ(selected("bytes=0-0", 0).outcome, unsatisfiable);
    EXPECT_EQ(selected("bytes=-0", 0).outcome, unsatisfiable);
    EXPECT_EQ(selected("bytes=-5", 0).outcome, whole);
}

TEST(Range, LargeBodiesAreCountedIn64Bits) {
    EXPECT_EQ(selected("bytes=2147483648-", 2147483649).ranges, (Ranges{{2147483648, 2147483648}}));
    EXPECT_EQ(selected("bytes=-1", UINT64_MAX).ranges, (Ranges{{UINT64_MAX - 1, UINT64_MAX - 1}}));
    EXPECT_EQ(selected("bytes=18446744073709551614-", UINT64_MAX).ranges, (Ranges{{UINT64_MAX - 1, UINT64_MAX - 1}}));
}

TEST(Range, AtMostSixteenAreHonoured) {
    std::string range = "bytes=0-0";
    for (int i = 1; i < 16; ++i) range += "," + std::to_string(2 * i) + "-" + std::to_string(2 * i);
    EXPECT_EQ(selected(range, 1000).ranges.size(), 16U);
    EXPECT_EQ(selected(range + ",500-500", 1000).outcome, whole);
    EXPECT_EQ(selected(range + ",5000-", 1000).outcome, whole);
}

TEST(Range, OnlyOneLineOfGetCounts) {
    EXPECT_EQ(select_ranges("GET", fields_of("range: bytes=0-1"), 10).outcome, partial);
    EXPECT_EQ(select_ranges("GET", fields_of("Range: bytes=0-1\nRange: bytes=4-5"), 10).outcome, whole);
    EXPECT_EQ(select_ranges("GET", fields_of("X: y"), 10).outcome, whole);
    for (const char* method : {"HEAD", "POST", "get"}) {
        EXPECT_EQ(select_ranges(method, fields_of("Range: bytes=0-1"), 10).outcome, whole) << method;
    }
}

TEST(Range, ManyOrOverlappingRangesStayHere) {
    const auto may_forward = [](std::string_view text) {
        const Fields fields = fields_of(text);
        return may_forward_range(fields);
    };
    const auto several = [](int count, std::string_view range) {
        std::string text = "Range: bytes=";
        for (int i = 0; i < count; ++i) text.append(i ? "," : "").append(range);
        return text;
    };
    EXPECT_TRUE(may_forward("Accept: */*"));
    for (const char* fine : {"bytes=0-4", "bytes=5-", "bytes=-5", "bytes=0-0,2-2,4-", "bytes=0-99,50-149",
                             "BYTES=0-,-1", "lines=1-2", "bytes=9-9, 0-0"}) {
        EXPECT_TRUE(may_forward(std::string("Range: ") + fine)) << fine;
    }
    for (const char* ignored : {"bytes=0-,0-,0-", "bytes=0-,-1,5-5", "bytes=-1,-2,-3", "bytes=0-4,x", "bytes=", "bytes",
                                "", "bytes=5-4", "bytes=0-1,10-20,15-30,16-17"}) {
        EXPECT_FALSE(may_forward(std::string("Range: ") + ignored)) << ignored;
    }
    std::string apart = "Range: bytes=0-0";
    for (int i = 1; i < 16; ++i) apart += "," + std::to_string(2 * i) + "-" + std::to_string(2 * i);
    EXPECT_TRUE(may_forward(apart));
    EXPECT_FALSE(may_forward(apart + ",100-100"));
    EXPECT_FALSE(may_forward(several(4000, "0-")));
    EXPECT_FALSE(may_forward("Range: lines=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"));
    EXPECT_FALSE(may_forward("Range: bytes=0-1\nRange: bytes=0-1"));
}

}  // namespace
}  // namespace larder::policy
