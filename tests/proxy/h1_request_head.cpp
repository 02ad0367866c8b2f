#include "proxy/h1/request_head.h"

#include <gtest/gtest.h>

#include <string>

#include "proxy/h1/head_scanner.h"

namespace larder::proxy::h1 {
namespace {

using namespace std::string_literals;

constexpr HeadLimits limits{16 * 1024, 8 * 1024, 100, 4};

// The status a session would answer with; 0 for a request that is served, -1 while more bytes are needed.
int status_of(HeadScanner::Result result) {
    switch (result) {
        case HeadScanner::Result::incomplete:
            return -1;
        case HeadScanner::Result::complete:
            return 0;
        case HeadScanner::Result::bad:
            return 400;
        case HeadScanner::Result::line_too_long:
            return 414;
        case HeadScanner::Result::too_large:
            return 431;
    }
    return -1;
}

int judge(std::string_view bytes, RequestHead& head) {
    HeadScanner scanner(limits);
    if (const int status = status_of(scanner.scan(bytes)); status != 0) return status;
    return parse_request_head(bytes.substr(0, scanner.size()), limits, head).status;
}

int judge_in_single_bytes(std::string_view bytes, RequestHead& head) {
    HeadScanner scanner(limits);
    int status = -1;
    for (std::size_t n = 1; n <= bytes.size() && status == -1; ++n)
        status = status_of(scanner.scan(bytes.substr(0, n)));
    if (status != 0) return status;
    return parse_request_head(bytes.substr(0, scanner.size()), limits, head).status;
}

std::string get(const std::string& fields) {
    return "GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
}
std::string line(const std::string& request_line) {
    return request_line + "\r\nHost: h\r\n\r\n";
}

RequestHead accepted(const std::string& bytes) {
    static std::string kept;  // the head's views live as long as these bytes
    kept = bytes;
    RequestHead head;
    EXPECT_EQ(judge(kept, head), 0) << bytes;
    return head;
}

struct Case {
    const char* id;
    const char* section;
    std::string bytes;
    int status;
};

void expect_statuses(std::initializer_list<Case> cases) {
    for (const Case& c : cases) {
        RequestHead head;
        EXPECT_EQ(judge(c.bytes, head), c.status) << c.id << ", RFC " << c.section;
        EXPECT_EQ(judge_in_single_bytes(c.bytes, head), c.status) << c.id << " in single bytes, RFC " << c.section;
    }
}

TEST(RequestLine, HasExactlyOneReading) {
    expect_statuses({
        {"plain", "9112 3", line("GET / HTTP/1.1"), 0},
        {"version 1.0", "9112 2.3", line("GET / HTTP/1.0"), 0},
        {"unknown method", "9110 9.1", line("BREW /x HTTP/1.1"), 0},
        {"lower-case method", "9110 9.1", line("get /x HTTP/1.1"), 0},
        {"all of tchar", "9110 5.6.2", line("!#$%&'*+-.^_`|~aZ0 /x HTTP/1.1"), 0},
        {"bytes above 7f in the target", "9112 3.2", line("GET /\xc3\xa9 HTTP/1.1"), 0},
        {"two spaces", "9112 3", line("GET  / HTTP/1.1"), 400},
        {"two spaces before the version", "9112 3", line("GET /  HTTP/1.1"), 400},
        {"tab", "9112 3", line("GET\t/ HTTP/1.1"), 400},
        {"space behind", "9112 3", line("GET / HTTP/1.1 "), 400},
        {"a word behind", "9112 3", line("GET / HTTP/1.1 x"), 400},
        {"space in the target", "9112 3.2", line("GET /a b HTTP/1.1"), 400},
        {"two versions", "9112 3", line("GET / HTTP/1.1 HTTP/1.1"), 400},
        {"no target", "9112 3", line("GET HTTP/1.1"), 400},
        {"empty target", "9112 3", line("GET  HTTP/1.1"), 400},
        {"no version", "9112 3", line("GET /"), 400},
        {"empty version", "9112 3", line("GET / "), 400},
        {"lower-case version", "9112 2.3", line("GET / http/1.1"), 400},
        {"two minor digits", "9112 2.3", line("GET / HTTP/1.11"), 400},
        {"huge version", "9112 2.3", line("GET / HTTP/4294967297.1"), 400},
        {"comma version", "9112 2.3", line("GET / HTTP/1,1"), 400},
        {"HTTPS version", "9112 2.3", line("GET / HTTPS/1.1"), 400},
        {"version 1.2", "9110 15.6.6", line("GET / HTTP/1.2"), 505},
        {"version 2.0", "9110 15.6.6", line("GET / HTTP/2.0"), 505},
        {"version 0.9", "9110 15.6.6", line("GET / HTTP/0.9"), 505},
        {"HTTP/2 preface", "9113 3.4", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"method with a brace", "9110 9.1", line("G{T / HTTP/1.1"), 400},
        {"method above 7f", "9110 9.1", line("G\xcbT / HTTP/1.1"), 400},
        {"NUL in the target", "9112 3.2", line("GET /\0 HTTP/1.1"s), 400},
        {"BEL in the target", "9112 3.2", line("GET /\a HTTP/1.1"), 400},
        {"DEL in the target", "9112 3.2", line("GET /\x7f HTTP/1.1"), 400},
        {"CR in the target", "9112 3.2", line("GET /\r HTTP/1.1"), 400},
        {"CONNECT", "9110 9.3.6", line("CONNECT h:443 HTTP/1.1"), 405},
        {"TRACE", "9110 9.3.8", line("TRACE / HTTP/1.1"), 405},
        {"method too long", "9112 3", line(std::string(9000, 'M') + " / HTTP/1.1"), 414},
        {"target too long", "9110 15.5.15", line("GET /" + std::string(9000, 'a') + " HTTP/1.1"), 414},
        {"empty lines in front", "9112 2.2", "\r\n\r\n" + line("GET / HTTP/1.1"), 0},
    });
}

TEST(RequestFields, AreRefusedWhereTwoReadersCouldDiffer) {
    expect_statuses({
        {"space before the colon", "9112 5.1", get("A : b\r\n"), 400},
        {"tab before the colon", "9112 5.1", get("A\t: b\r\n"), 400},
        {"folded", "9112 5.2", get("A: b\r\n c\r\n"), 400},
        {"folded with a tab", "9112 5.2", get("A: b\r\n\tc\r\n"), 400},
        {"folded first line", "9112 2.2", "GET / HTTP/1.1\r\n Host: evil\r\nHost: h\r\n\r\n", 400},
        {"no colon", "9112 5", get("nope\r\n"), 400},
        {"empty name", "9110 5.1", get(": x\r\n"), 400},
        {"space in the name", "9110 5.1", get("A B: c\r\n"), 400},
        {"at sign in the name", "9110 5.1", get("A@B: c\r\n"), 400},
        {"quote in the name", "9110 5.1", get("A\"B: c\r\n"), 400},
        {"NUL in the name", "9110 5.1", get("A\0B: c\r\n"s), 400},
        {"CR in the name", "9110 5.1", get("A\rB: c\r\n"), 400},
        {"name above 7f", "9110 5.1", get("F\xf6: c\r\n"), 400},
        {"NUL in the value", "9110 5.5", get("A: b\0c\r\n"s), 400},
        {"NUL deep in the value", "9110 5.5", get("A: 0123456789abcdef\0c\r\n"s), 400},
        {"CR in the value", "9110 5.5", get("A: b\rc: d\r\n"), 400},
        {"CR before CRLF", "9110 5.5", get("A: b\r\r\n"), 400},
        {"control character", "9110 5.5", get("A: b\x01\r\n"), 400},
        {"escape", "9110 5.5", get("A: \x1b[31m some longer text\r\n"), 400},
        {"DEL", "9110 5.5", get("A: 0123456789\x7f\r\n"), 400},
        {"bare LF", "9112 2.2", get("A: b\nc: d\r\n"), 400},
        {"head ended by CR and a byte", "9112 2.2", "GET / HTTP/1.1\r\nHost: h\r\n\rZGET / HTTP/1.1\r\n\r\n", 400},
        {"tab in the value", "9110 5.5", get("A: a\tlonger value\twith tabs\r\n"), 0},
        {"value above 7f", "9110 5.5", get("A: caf\xc3\xa9 and a longer tail\r\n"), 0},
        {"empty value", "9110 5.5", get("A:\r\n"), 0},
        {"no space after the colon", "9112 5", get("A:b\r\n"), 0},
    });
}

TEST(RequestFields, AreLimitedInNumberAndSize) {
    std::string fields;
    for (int i = 0; i < 99; ++i) fields += "A: b\r\n";
    expect_statuses({
        {"as many as allowed", "6585 5", get(fields), 0},
        {"one more", "6585 5", get(fields + "A: b\r\n"), 431},
        {"one huge", "6585 5", get("A: " + std::string(20000, 'b') + "\r\n"), 431},
        {"endless", "6585 5", "GET / HTTP/1.1\r\nA: " + std::string(20000, 'b'), 431},
    });
}

TEST(RequestHost, IsThereExactlyOnce) {
    expect_statuses({
        {"none", "9112 3.2", "GET / HTTP/1.1\r\n\r\n", 400},
        {"twice the same", "9112 3.2", get("Host: h\r\n"), 400},
        {"twice in other case", "9112 3.2", get("hOST: evil\r\n"), 400},
        {"none in 1.0", "9112 3.2", "GET / HTTP/1.0\r\n\r\n", 0},
        {"twice in 1.0", "9112 3.2", "GET / HTTP/1.0\r\nHost: h\r\nHost: h\r\n\r\n", 400},
    });
    EXPECT_EQ(accepted("GET / HTTP/1.1\r\nHost:\t h:80 \r\n\r\n").host, "h:80");
    EXPECT_TRUE(accepted("GET / HTTP/1.1\r\nHost:\r\n\r\n").host_present);
    EXPECT_FALSE(accepted("GET / HTTP/1.0\r\n\r\n").host_present);
}

TEST(RequestConnection, NamesNothingThatDecidesTheRequest) {
    const auto connection = [](const std::string& value) { return get("Connection: " + value + "\r\n"); };
    expect_statuses({
        {"host", "9110 7.6.1", connection("Host"), 400},
        {"content-length", "9110 7.6.1", connection("close, content-length"), 400},
        {"transfer-encoding", "9110 7.6.1", connection("Transfer-Encoding"), 400},
        {"cache-control", "9110 7.6.1", connection("Cache-Control"), 400},
        {"authorization", "9110 7.6.1", connection("authorization"), 400},
        {"cookie", "9110 7.6.1", connection("Cookie"), 400},
        {"x-forwarded", "9110 7.6.1", connection("X-Forwarded-Anything"), 400},
        {"no token", "9110 7.6.1", connection("close; x"), 400},
        {"quoted", "9110 7.6.1", connection("\"x, X-Hop"), 400},
        {"its own fields", "9110 7.6.1", connection("X-Hop, , keep-alive"), 0},
        {"empty", "9110 5.6.1", connection(""), 0},
    });
}

TEST(RequestConnection, SaysWhetherItIsKept) {
    EXPECT_TRUE(accepted(get("")).keep_alive);
    EXPECT_FALSE(accepted(get("Connection: X-Hop\r\nConnection: Close\r\n")).keep_alive);
    EXPECT_FALSE(accepted(get("Connection: keep-alive, close\r\n")).keep_alive);
    EXPECT_FALSE(accepted("GET / HTTP/1.0\r\n\r\n").keep_alive);
    EXPECT_TRUE(accepted("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keep_alive);
    EXPECT_FALSE(accepted("GET / HTTP/1.0\r\nProxy-Connection: keep-alive\r\n\r\n").keep_alive);
}

TEST(RequestExpect, IsOneContinueOrRefused) {
    expect_statuses({
        {"unknown", "9110 10.1.1", get("Expect: kittens\r\n"), 417},
        {"more words", "9110 10.1.1", get("Expect: x 100-continue\r\n"), 417},
        {"list", "9110 10.1.1", get("Expect: 100-continue, 100-continue\r\n"), 417},
        {"twice", "9110 10.1.1", get("Expect: 100-continue\r\nExpect: 100-continue\r\n"), 417},
        {"empty", "9110 10.1.1", get("Expect:\r\n"), 417},
        {"unknown in 1.0", "9110 10.1.1", "POST / HTTP/1.0\r\nExpect: kittens\r\n\r\n", 0},
    });
    EXPECT_TRUE(accepted(get("Expect: 100-Continue\r\nContent-Length: 1\r\n")).expect_continue);
    EXPECT_TRUE(accepted(get("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n")).expect_continue);
    EXPECT_FALSE(accepted(get("Expect: 100-continue\r\nContent-Length: 0\r\n")).expect_continue);
    EXPECT_FALSE(accepted("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n").expect_continue);
}

TEST(RequestUpgrade, IsHeardOnlyWhereNothingCanHideBehindIt) {
    const auto upgraded = [](const std::string& fields) { return accepted(get(fields)).upgrade; };
    EXPECT_TRUE(upgraded("Connection: Upgrade\r\nUpgrade: websocket\r\n"));
    EXPECT_TRUE(upgraded("Upgrade: foo/1.0\r\nConnection: keep-alive, upgrade\r\nContent-Length: 0\r\n"));
    EXPECT_FALSE(upgraded("Upgrade: websocket\r\n"));
    EXPECT_FALSE(upgraded("Connection: upgrade\r\n"));
    EXPECT_FALSE(upgraded("Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n"));
    EXPECT_FALSE(upgraded("Connection: upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n"));
    EXPECT_FALSE(upgraded("Connection: upgrade\r\nUpgrade: websocket, h2c\r\n"));
    EXPECT_FALSE(upgraded("Connection: upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n"));
    EXPECT_FALSE(upgraded("Connection: upgrade\r\nUpgrade: H2C\r\n"));
    EXPECT_FALSE(upgraded("Connection: upgrade\r\nUpgrade: HTTP/2.0\r\n"));
    EXPECT_FALSE(accepted("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n").upgrade);
    EXPECT_EQ(accepted(get("Connection: upgrade\r\nUpgrade: websocket\r\n")).upgrade_protocol, "websocket");
}

TEST(RequestFields, HoldOnlyWhatMayBeReadAgain) {
    const RequestHead head = accepted(
        "POST /x HTTP/1.1\r\nhost: h\r\nA: \t b \t\r\nContent_Length: 7\r\nTransfer_Encoding: x\r\nX_Forwarded-For: "
        "1\r\n"
        "X_Real_IP: 1\r\nContent-Length: 3\r\nExpect: 100-continue\r\nHTTP2-Settings: AA\r\nUpgrade: h2c\r\n"
        "Connection: x-hop\r\nx_own_name: kept\r\n\r\n");
    ASSERT_EQ(head.fields.size(), 3u);
    EXPECT_EQ(head.fields[0], (policy::Field{"A", "b"}));
    EXPECT_EQ(head.fields[1], (policy::Field{"Connection", "x-hop"}));
    EXPECT_EQ(head.fields[2], (policy::Field{"x_own_name", "kept"}));
}

TEST(RequestHead, IsAsGoodAsNewWhenReused) {
    RequestHead head;
    ASSERT_EQ(judge(get("Connection: close, upgrade\r\nUpgrade: websocket\r\nA: b\r\n"), head), 0);
    ASSERT_EQ(judge(get("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n"), head), 0);
    const std::string plain = "\r\nGET /p?q HTTP/1.0\r\n\r\n";
    ASSERT_EQ(judge(plain, head), 0);
    EXPECT_EQ(head.method, "GET");
    EXPECT_EQ(head.target, "/p?q");
    EXPECT_EQ(head.minor, 0);
    EXPECT_TRUE(head.fields.empty());
    EXPECT_EQ(head.framing, BodyFraming::none);
    EXPECT_EQ(head.content_length, 0u);
    EXPECT_FALSE(head.keep_alive || head.expect_continue || head.host_present || head.upgrade);
    EXPECT_EQ(head.size, plain.size());
}

TEST(RequestHead, IsRefusedWhenItIsNotExactlyOneHead) {
    RequestHead head;
    for (const char* bytes : {"", "GET / HTTP/1.1", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: h\r\n",
                              "GET / HTTP/1.1\r\nHost: h\r\n\r\nGET"}) {
        EXPECT_EQ(parse_request_head(bytes, limits, head).status, 400) << bytes;
    }
}

}  // namespace
}  // namespace larder::proxy::h1
