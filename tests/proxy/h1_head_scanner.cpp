#include "proxy/h1/head_scanner.h"

#include <gtest/gtest.h>

#include <string>

namespace larder::proxy::h1 {
namespace {

using Result = HeadScanner::Result;

constexpr HeadLimits limits{64, 24, 10, 2};

Result whole(std::string_view bytes, std::size_t* size = nullptr) {
    HeadScanner scanner(limits);
    const Result result = scanner.scan(bytes);
    if (size != nullptr) *size = scanner.size();
    return result;
}

Result in_single_bytes(std::string_view bytes, std::size_t* size = nullptr) {
    HeadScanner scanner(limits);
    Result result = Result::incomplete;
    for (std::size_t n = 1; n <= bytes.size() && result == Result::incomplete; ++n) {
        const std::string moved(bytes.substr(0, n));  // the buffer may move between two calls
        result = scanner.scan(moved);
    }
    if (size != nullptr) *size = scanner.size();
    return result;
}

struct Case {
    const char* id;
    const char* section;
    std::string bytes;
    Result expected;
};

const Case cases[] = {
    {"one line", "9112 2.1", "GET / HTTP/1.1\r\n\r\n", Result::complete},
    {"fields", "9112 2.1", "GET / HTTP/1.1\r\nA: b\r\nC: d\r\n\r\n", Result::complete},
    {"body behind it", "9112 2.1", "GET / HTTP/1.1\r\n\r\nrest\n", Result::complete},
    {"nothing yet", "9112 2.1", "", Result::incomplete},
    {"no empty line yet", "9112 2.1", "GET / HTTP/1.1\r\nA: b\r\n", Result::incomplete},
    {"CR at the end", "9112 2.1", "GET / HTTP/1.1\r\n\r", Result::incomplete},
    {"leading empty lines", "9112 2.2", "\r\n\r\nGET / HTTP/1.1\r\n\r\n", Result::complete},
    {"only empty lines", "9112 2.2", "\r\n\r\n", Result::incomplete},
    {"too many empty lines", "9112 2.2", "\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n", Result::bad},
    {"bare LF first", "9112 2.2", "\nGET / HTTP/1.1\r\n\r\n", Result::bad},
    {"bare LF after the first line", "9112 2.2", "GET / HTTP/1.1\nA: b\r\n\r\n", Result::bad},
    {"bare LF after a field", "9112 2.2", "GET / HTTP/1.1\r\nA: b\nC: d\r\n\r\n", Result::bad},
    {"bare LF as the end", "9112 2.2", "GET / HTTP/1.1\r\nA: b\r\n\n", Result::bad},
    {"CR as a line end", "9112 2.2", "GET / HTTP/1.1\rA: b\r\r", Result::bad},
    {"TLS greeting", "9112 2.2", "\x16\x03\x01", Result::bad},
    {"space first", "9112 2.2", " GET", Result::bad},
    {"first line at its limit", "9112 3", "GET /aaaaaaaaaa HTTP/1.1\r\n\r\n", Result::complete},
    {"first line too long", "9112 3", "GET /aaaaaaaaaaa HTTP/1.1\r\n\r\n", Result::line_too_long},
    {"first line endless", "9112 3", std::string(26, 'G'), Result::line_too_long},
    {"head at its limit", "6585 5", "G / HTTP/1.1\r\nA: " + std::string(43, 'b') + "\r\n\r\n", Result::complete},
    {"head too large", "6585 5", "G / HTTP/1.1\r\nA: " + std::string(44, 'b') + "\r\n\r\n", Result::too_large},
    {"field line endless", "6585 5", "G / HTTP/1.1\r\nA: " + std::string(60, 'b'), Result::too_large},
    {"empty lines do not count as the head", "9112 2.2",
     "\r\n\r\nG / HTTP/1.1\r\nA: " + std::string(43, 'b') + "\r\n\r\n", Result::complete},
};

TEST(HeadScanner, GivesTheSameVerdictHoweverTheHeadIsCut) {
    for (const Case& c : cases) {
        EXPECT_EQ(whole(c.bytes), c.expected) << c.id << ", RFC " << c.section;
        EXPECT_EQ(in_single_bytes(c.bytes), c.expected) << c.id << " in single bytes, RFC " << c.section;
    }
}

TEST(HeadScanner, CountsLeadingEmptyLinesAndNothingBehindTheHead) {
    const std::string head = "\r\nGET / HTTP/1.1\r\nA: b\r\n\r\n";
    std::size_t size = 0;
    ASSERT_EQ(whole(head + "\r\nGET", &size), Result::complete);
    EXPECT_EQ(size, head.size());
    ASSERT_EQ(in_single_bytes(head + "\r\nGET", &size), Result::complete);
    EXPECT_EQ(size, head.size());
}

TEST(HeadScanner, StartsAnewAfterReset) {
    const std::string first = "GET /first HTTP/1.1\r\n\r\n", second = "GET /2 HTTP/1.1\r\n\r\n";
    HeadScanner scanner(limits);
    ASSERT_EQ(scanner.scan(first + second), Result::complete);
    scanner.reset();
    ASSERT_EQ(scanner.scan(second), Result::complete);
    EXPECT_EQ(scanner.size(), second.size());
}

}  // namespace
}  // namespace larder::proxy::h1
