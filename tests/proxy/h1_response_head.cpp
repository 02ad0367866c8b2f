#include "proxy/h1/response_head.h"

#include <gtest/gtest.h>

#include <string>

#include "proxy/h1/head_scanner.h"
#include "proxy/h1/reason.h"

namespace larder::proxy::h1 {
namespace {

using namespace std::string_literals;

constexpr HeadLimits limits{128 * 1024, 128 * 1024, 256, 0};

bool accepts(std::string_view bytes, ResponseHead& head, bool request_was_head = false) {
    HeadScanner scanner(limits);
    if (scanner.scan(bytes) != HeadScanner::Result::complete) return false;
    return parse_response_head(bytes.substr(0, scanner.size()), limits, request_was_head, head) == nullptr;
}

bool accepts_in_single_bytes(std::string_view bytes) {
    HeadScanner scanner(limits);
    ResponseHead head;
    auto result = HeadScanner::Result::incomplete;
    for (std::size_t n = 1; n <= bytes.size() && result == HeadScanner::Result::incomplete; ++n) {
        result = scanner.scan(bytes.substr(0, n));
    }
    return result == HeadScanner::Result::complete &&
           parse_response_head(bytes.substr(0, scanner.size()), limits, false, head) == nullptr;
}

std::string ok(const std::string& fields) {
    return "HTTP/1.1 200 OK\r\n" + fields + "\r\n";
}

ResponseHead accepted(const std::string& bytes, bool request_was_head = false) {
    static std::string kept;  // the head's views live as long as these bytes
    kept = bytes;
    ResponseHead head;
    EXPECT_TRUE(accepts(kept, head, request_was_head)) << bytes;
    return head;
}

TEST(ResponseHead, IsRefusedWhereTwoReadersCouldDiffer) {
    struct Case {
        const char* id;
        const char* section;
        std::string bytes;
        bool fine;
    };
    const Case cases[] = {
        {"plain", "9112 4", ok(""), true},
        {"no reason", "9112 4", "HTTP/1.1 200 \r\n\r\n", true},
        {"no space after the code", "9112 4", "HTTP/1.1 200\r\n\r\n", true},
        {"reason above 7f", "9112 4", "HTTP/1.1 200 caf\xc3\xa9\r\n\r\n", true},
        {"unknown class", "9110 15", "HTTP/1.1 999 Odd\r\n\r\n", true},
        {"four digits", "9112 4", "HTTP/1.1 2000 OK\r\n\r\n", false},
        {"two digits", "9112 4", "HTTP/1.1 20 OK\r\n\r\n", false},
        {"negative", "9112 4", "HTTP/1.1 -20 OK\r\n\r\n", false},
        {"099", "9110 15", "HTTP/1.1 099 OK\r\n\r\n", false},
        {"no code", "9112 4", "HTTP/1.1\r\n\r\n", false},
        {"two spaces", "9112 4", "HTTP/1.1  200 OK\r\n\r\n", false},
        {"control character in the reason", "9112 4", "HTTP/1.1 200 O\x01K\r\n\r\n", false},
        {"not HTTP", "9112 2.3", "SSH-2.0-OpenSSH\r\n\r\n", false},
        {"HTTP/2", "9112 2.3", "HTTP/2.0 200 OK\r\n\r\n", false},
        {"ICY", "9112 2.3", "ICY 200 OK\r\n\r\n", false},
        {"empty line in front", "9112 2.2", "\r\n" + ok(""), false},
        {"bare LF", "9112 2.2", ok("A: b\nC: d\r\n"), false},
        {"bare CR", "9112 2.2", ok("A: b\rC: d\r\n"), false},
        {"NUL", "9110 5.5", ok("A: b\0c\r\n"s), false},
        {"folded", "9112 5.2", ok("A: b\r\n c\r\n"), false},
        {"no colon", "9112 5", ok("nope\r\n"), false},
        {"space before the colon", "9112 5.1", ok("A : b\r\n"), false},
        {"length with a space before the colon", "9112 5.1", ok("Content-Length : 5\r\n"), false},
        {"differing lengths", "9112 6.3", ok("Content-Length: 5\r\nContent-Length: 6\r\n"), false},
        {"equal lengths", "9112 6.3", ok("Content-Length: 5\r\nContent-Length: 5\r\n"), true},
        {"junk length", "9112 6.3", ok("Content-Length: 5x\r\n"), false},
        {"negative length", "9112 6.3", ok("Content-Length: -5\r\n"), false},
        {"length and coding", "9112 6.3", ok("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), false},
        {"unknown coding", "9112 6.3", ok("Transfer-Encoding: xchunked\r\n"), false},
        {"a coding in use, alone", "9112 6.3", ok("Transfer-Encoding: gzip\r\n"), false},
        {"two unknown codings", "9112 6.3", ok("Transfer-Encoding: some, other\r\n"), false},
        {"no token", "9112 6.3", ok("Transfer-Encoding: some thing\r\n"), false},
        {"unknown coding and length", "9112 6.3", ok("Transfer-Encoding: some\r\nContent-Length: 5\r\n"), false},
        {"gzip, chunked", "9112 6.3", ok("Transfer-Encoding: gzip, chunked\r\n"), false},
        {"chunked twice", "9112 6.1", ok("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), false},
        {"coding in 1.0", "9112 6.1", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false},
    };
    for (const Case& c : cases) {
        ResponseHead head;
        EXPECT_EQ(accepts(c.bytes, head), c.fine) << c.id << ", RFC " << c.section;
        EXPECT_EQ(accepts_in_single_bytes(c.bytes), c.fine) << c.id << " in single bytes, RFC " << c.section;
    }
}

TEST(ResponseHead, IsLimitedInFieldsAndSize) {
    std::string fields;
    for (int i = 0; i < 256; ++i) fields += "A: b\r\n";
    ResponseHead head;
    EXPECT_TRUE(accepts(ok(fields), head));
    EXPECT_FALSE(accepts(ok(fields + "A: b\r\n"), head));
    EXPECT_FALSE(accepts(ok("A: " + std::string(1 << 20, 'b') + "\r\n"), head));
}

TEST(ResponseBody, IsFramedAsTheRfcSays) {
    struct Case {
        const char* id;
        const char* bytes;
        bool request_was_head;
        BodyFraming framing;
        std::uint64_t length;
        bool keep_alive;
    };
    const Case cases[] = {
        {"length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, BodyFraming::length, 5, true},
        {"zero", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, BodyFraming::length, 0, true},
        {"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", false, BodyFraming::chunked, 0, true},
        {"neither", "HTTP/1.1 200 OK\r\n\r\n", false, BodyFraming::until_close, 0, false},
        {"neither, kept", "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n", false, BodyFraming::until_close, 0,
         false},
        {"HEAD with a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true, BodyFraming::none, 5, true},
        {"HEAD with chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true, BodyFraming::none, 0,
         true},
        {"HEAD with neither", "HTTP/1.1 200 OK\r\n\r\n", true, BodyFraming::none, 0, true},
        {"304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false, BodyFraming::none, 5,
         true},
        {"204", "HTTP/1.1 204 No Content\r\n\r\n", false, BodyFraming::none, 0, true},
        {"204 with a zero", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", false, BodyFraming::none, 0, true},
        {"204 with a length", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", false, BodyFraming::none, 5,
         false},
        {"a coding that nobody knows", "HTTP/1.1 200 OK\r\nTransfer-Encoding: some\r\n\r\n", false,
         BodyFraming::until_close, 0, false},
        {"204 with chunked", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", false, BodyFraming::none,
         0, false},
        {"100", "HTTP/1.1 100 Continue\r\n\r\n", false, BodyFraming::none, 0, true},
        {"101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", false, BodyFraming::none, 0, true},
        {"1.0", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", false, BodyFraming::length, 5, false},
        {"1.0 kept", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: Keep-Alive\r\n\r\n", false,
         BodyFraming::length, 5, true},
        {"closed", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: x, CLOSE\r\n\r\n", false, BodyFraming::length,
         5, false},
    };
    for (const Case& c : cases) {
        const ResponseHead head = accepted(c.bytes, c.request_was_head);
        EXPECT_EQ(head.framing, c.framing) << c.id;
        EXPECT_EQ(head.content_length, c.length) << c.id;
        EXPECT_EQ(head.keep_alive, c.keep_alive) << c.id;
    }
}

TEST(ResponseFields, HoldOneLengthAndNoCoding) {
    const ResponseHead lengths = accepted(ok("A: b\r\nContent-Length: 007, 7\r\nContent-Length: 7\r\n"));
    ASSERT_EQ(lengths.fields.size(), 2u);
    EXPECT_EQ(lengths.fields[1], (policy::Field{"Content-Length", "7"}));
    EXPECT_TRUE(lengths.has_content_length);
    const ResponseHead chunked = accepted(ok("Transfer-Encoding: chunked\r\nConnection: X-Hop\r\nX-Hop: 1\r\n"));
    ASSERT_EQ(chunked.fields.size(), 2u);
    EXPECT_EQ(chunked.fields.value("connection"), "X-Hop");
    EXPECT_FALSE(chunked.has_content_length);
}

TEST(ResponseHead, IsAsGoodAsNewWhenReused) {
    ResponseHead head;
    const std::string first = ok("Content-Length: 5\r\nA: b\r\nConnection: close\r\n");
    ASSERT_TRUE(accepts(first, head));
    const std::string bytes = "HTTP/1.0 404 Gone fishing\r\nConnection: keep-alive\r\n\r\n";
    const std::string with_body = bytes + "body";
    ASSERT_TRUE(accepts(with_body, head, true));
    EXPECT_EQ(head.status, 404);
    EXPECT_EQ(head.minor, 0);
    EXPECT_EQ(head.reason, "Gone fishing");
    EXPECT_EQ(head.fields.size(), 1u);
    EXPECT_FALSE(head.has_content_length);
    EXPECT_EQ(head.content_length, 0u);
    EXPECT_TRUE(head.keep_alive);
    EXPECT_EQ(head.size, bytes.size());
}

TEST(ReasonPhrase, IsOursOrEmpty) {
    EXPECT_STREQ(reason_phrase(200), "OK");
    EXPECT_STREQ(reason_phrase(431), "Request Header Fields Too Large");
    EXPECT_STREQ(reason_phrase(299), "");
}

}  // namespace
}  // namespace larder::proxy::h1
