#include "policy/part.h"

#include <gtest/gtest.h>

#include "tests/pieces.h"
#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

using storage::Object;

std::shared_ptr<storage::Body> body_of(std::string_view text, std::size_t piece_size = 3) {
    auto body = std::make_shared<storage::Body>();
    for (std::size_t at = 0; at < text.size(); at += piece_size) {
        const std::string_view part = text.substr(at, piece_size);
        storage::Body::Piece piece(storage::test_account(), part.size());
        part.copy(piece.data.get(), part.size());
        body->pieces.push_back(std::move(piece));
    }
    body->size = text.size();
    return body;
}

std::string text_of(const storage::Body& body) {
    std::string text;
    for (const auto& piece : body.pieces) text.append(piece.data.get(), piece.size);
    EXPECT_EQ(text.size(), body.size);
    return text;
}

constexpr std::string_view all = "0123456789";

Object part(std::uint64_t first, std::uint64_t end, std::optional<std::uint64_t> complete = 10) {
    Object object;
    object.status = 206;
    object.fields = "Content-Range: bytes 0-0/1\r\nETag: \"a\"\r\n";
    object.etag = "\"a\"";
    object.part = storage::Part{first, complete};
    object.body = body_of(all.substr(first, end - first));
    return object;
}

TEST(Part, ContentRangeIsOfOnePartInBytes) {
    const auto read = [](std::string_view text) {
        return content_range(fields_of("Content-Range: " + std::string(text)));
    };
    EXPECT_EQ(read("bytes 0-4/10"), (ContentRange{{0, 4}, 10}));
    EXPECT_EQ(read("BYTES 3-3/*"), (ContentRange{{3, 3}, std::nullopt}));
    for (const char* text :
         {"", "bytes", "bytes ", "bytes */10", "bytes 0-10/10", "bytes 4-3/10", "bytes 0-4", "bytes -4/10",
          "bytes 0-/10", "items 0-4/10", "bytes=0-4/10", "bytes 0-4/x", "bytes 0 -4/10", "bytes 0-4/",
          "bytes 0-99999999999999999999/*", "bytes 0-4611686018427387904/*", "bytes 0-1/18446744073709551616",
          "bytes 0-4/10, bytes 5-6/10", "bytes +1-4/10"}) {
        EXPECT_EQ(read(text), std::nullopt) << text;
    }
    EXPECT_EQ(content_range(fields_of("Content-Range: bytes 0-4/10\nContent-Range: bytes 0-4/10")), std::nullopt);
    EXPECT_EQ(content_range(fields_of("A: b")), std::nullopt);
}

TEST(Part, OneRangeCanBeAskedFor) {
    const auto asks = [](std::string_view text) { return single_range("GET", fields_of(text)).has_value(); };
    EXPECT_TRUE(asks("Range: bytes=0-4"));
    EXPECT_TRUE(asks("Range: bytes=-4"));
    EXPECT_TRUE(asks("Range: bytes=4-"));
    for (const char* text : {"", "Range: bytes=0-1,3-4", "Range: items=0-4", "Range: bytes=4-3", "Range: bytes=x",
                             "Range: bytes=0-1\nRange: bytes=0-1", "Range: bytes=-0"}) {
        EXPECT_FALSE(asks(text)) << text;
    }
    EXPECT_FALSE(single_range("HEAD", fields_of("Range: bytes=0-4")));
}

TEST(Part, AnswersOnlyWhatLiesWithinIt) {
    const auto within = [](const Object& object, std::string_view text) {
        return range_within(object, "GET", fields_of(text), test_time);
    };
    const Object middle = part(3, 8);
    EXPECT_EQ(within(middle, "Range: bytes=3-7"), (ByteRange{3, 7}));
    EXPECT_EQ(within(middle, "Range: bytes=5-5"), (ByteRange{5, 5}));
    for (const char* text : {"Range: bytes=2-7", "Range: bytes=3-8", "Range: bytes=3-", "Range: bytes=-3",
                             "Range: bytes=10-", "Range: bytes=3-4,6-7", "", "Range: bytes=3-7\nIf-Range: \"b\""}) {
        EXPECT_EQ(within(middle, text), std::nullopt) << text;
    }
    EXPECT_EQ(within(middle, "Range: bytes=3-7\nIf-Range: \"a\""), (ByteRange{3, 7}));
    const Object end = part(6, 10);
    EXPECT_EQ(within(end, "Range: bytes=-4"), (ByteRange{6, 9}));
    EXPECT_EQ(within(end, "Range: bytes=7-"), (ByteRange{7, 9}));
    EXPECT_EQ(within(end, "Range: bytes=7-99"), (ByteRange{7, 9}));
    EXPECT_EQ(within(end, "Range: bytes=-5"), std::nullopt);
    // Where the end is, nobody has said.
    const Object unknown = part(6, 10, std::nullopt);
    EXPECT_EQ(within(unknown, "Range: bytes=7-9"), (ByteRange{7, 9}));
    EXPECT_EQ(within(unknown, "Range: bytes=7-"), std::nullopt);
    EXPECT_EQ(within(unknown, "Range: bytes=-2"), std::nullopt);
}

TEST(Part, TheRestOfABeginningCanBeAskedFor) {
    const auto rest = rest_of(part(0, 5));
    ASSERT_TRUE(rest);
    EXPECT_EQ(rest->range, "bytes=5-");
    EXPECT_EQ(rest->if_range, "\"a\"");
    EXPECT_EQ(rest->complete, 10U);
    EXPECT_FALSE(rest_of(part(1, 5)));
    EXPECT_FALSE(rest_of(part(0, 0)));
    EXPECT_FALSE(rest_of(part(0, 5, std::nullopt)));
    Object weak = part(0, 5);
    weak.etag = "W/\"a\"";
    EXPECT_EQ(rest_of(weak)->if_range, "");
    Object dated = part(0, 5);
    dated.etag.clear();
    dated.fields = "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT\r\n";
    dated.last_modified = test_time;
    dated.date = test_time;
    EXPECT_EQ(rest_of(dated)->if_range, "");  // in the second of its Date it may change once more
    dated.date = test_time + 1;
    EXPECT_EQ(rest_of(dated)->if_range, test_time_text);
}

TEST(Part, OnlyTheSameStrongValidatorMakesOneRepresentation) {
    const Object stored = part(0, 5);
    Object other = part(5, 8);
    EXPECT_TRUE(combinable(stored, other));
    other.etag = "\"b\"";
    EXPECT_FALSE(combinable(stored, other));
    other.etag = "W/\"a\"";
    EXPECT_FALSE(combinable(stored, other));
    other.etag.clear();
    EXPECT_FALSE(combinable(stored, other));
    Object a = part(0, 5), b = part(5, 8);
    a.etag.clear();
    b.etag.clear();
    EXPECT_FALSE(combinable(a, b));
    a.last_modified = b.last_modified = test_time;
    a.date = b.date = test_time + 1;
    EXPECT_TRUE(combinable(a, b));
    b.last_modified = test_time - 1;
    EXPECT_FALSE(combinable(a, b));
}

TEST(Part, AnyTwoWithoutAGapBecomeOne) {
    for (std::uint64_t a = 0; a < 10; ++a) {
        for (std::uint64_t b = a + 1; b <= 10; ++b) {
            for (std::uint64_t c = 0; c < 10; ++c) {
                for (std::uint64_t d = c + 1; d <= 10; ++d) {
                    const Object one = part(a, b), other = part(c, d);
                    const bool gap = b < c || d < a;
                    ASSERT_EQ(combinable(one, other), !gap) << a << b << c << d;
                    if (gap) continue;
                    const Object both = combined(one, other);
                    const std::uint64_t first = std::min(a, c), end = std::max(b, d);
                    EXPECT_EQ(text_of(*both.body), all.substr(first, end - first)) << a << b << c << d;
                    EXPECT_EQ(both.part.has_value(), end - first < 10);
                    EXPECT_EQ(both.status, both.part ? 206 : 200);
                    if (both.part) {
                        EXPECT_EQ(both.part->first, first);
                    }
                    EXPECT_EQ(both.fields, "ETag: \"a\"\r\n");
                }
            }
        }
    }
}

TEST(Part, WhatDisagreesAboutTheWholeIsNotCombined) {
    EXPECT_FALSE(combinable(part(0, 5, 10), part(5, 8, 11)));
    EXPECT_EQ(combined(part(0, 5, 10), part(5, 8, std::nullopt)).part->complete, 10U);
    Object whole = part(0, 5);
    whole.part.reset();
    EXPECT_FALSE(combinable(whole, part(5, 8)));
    // Ends of what is complete only by a declaration that was never made.
    EXPECT_TRUE(combined(part(0, 5, std::nullopt), part(5, 10, std::nullopt)).part.has_value());
}

TEST(Part, TheNewerFieldsHold) {
    Object old = part(0, 5), received = part(5, 8);
    old.fields = "A: 1\r\nB: 1\r\nB: 2\r\nETag: \"a\"\r\n";
    received.fields = "Content-Range: bytes 5-7/10\r\nB: 3\r\nC: 4\r\n";
    EXPECT_EQ(combined(old, received).fields, "A: 1\r\nETag: \"a\"\r\nB: 3\r\nC: 4\r\n");
}

TEST(Part, ARestCompletesOnlyWhatItFollows) {
    const auto head = completed_head(part(0, 5), part(5, 10));
    ASSERT_TRUE(head);
    EXPECT_EQ(head->status, 200);
    EXPECT_FALSE(head->part);
    EXPECT_EQ(head->fields, "ETag: \"a\"\r\n");
    EXPECT_FALSE(completed_head(part(0, 5), part(6, 10)));
    EXPECT_FALSE(completed_head(part(0, 5), part(4, 10)));
    EXPECT_FALSE(completed_head(part(0, 5), part(5, 10, 11)));
    EXPECT_FALSE(completed_head(part(0, 5), part(5, 10, std::nullopt)));
    Object other = part(5, 10);
    other.etag = "\"b\"";
    EXPECT_FALSE(completed_head(part(0, 5), other));
}

}  // namespace
}  // namespace larder::policy
