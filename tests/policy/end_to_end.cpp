#include "policy/end_to_end.h"

#include <gtest/gtest.h>

#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

std::string stored(std::string_view response, const Rules& rules = {}) {
    const Fields fields = fields_of(response);
    return stored_fields({200, fields, test_time, test_time}, rules).text;
}

// RFC 9110 section 7.6.1.
TEST(EndToEnd, HopByHopFieldsAreTheListedAndTheNamed) {
    const Fields fields = fields_of("Connection: close, X-Hop\nX-Other: 1\nconnection: x-second, keep-alive");
    const HopByHop hop_by_hop(fields);
    for (const char* name : {"Connection", "keep-alive", "Proxy-Connection", "TE", "Trailer", "transfer-encoding",
                             "Upgrade", "HTTP2-Settings", "X-HOP", "X-Second"}) {
        EXPECT_TRUE(hop_by_hop.contains(name)) << name;
    }
    for (const char* name : {"X-Other", "close", "Content-Length", "Proxy-Authenticate", "X-Hop2", "TEX", ""}) {
        EXPECT_FALSE(hop_by_hop.contains(name)) << name;
    }
}

TEST(EndToEnd, ConnectionCannotTakeAwayWhatCarriesMeaning) {
    for (const char* name : {"Host", "Content-Length", "cache-control", "Authorization", "Cookie", "X-Forwarded-For",
                             "x-forwarded-host", "Forwarded", "CDN-Loop"}) {
        const std::string text = std::string("Connection: close, ").append(name);
        const Fields fields = fields_of(text);
        EXPECT_FALSE(HopByHop(fields).contains(name)) << name;
    }
}

// RFC 9111 section 3.1.
TEST(EndToEnd, StoredFieldsAreWhatANextClientMaySee) {
    EXPECT_EQ(stored("Date: Tue, 14 Nov 2023 22:13:20 GMT\nContent-Type: a/b\nX-A: 1\nx-a: 2\nEmpty:"),
              "Date: Tue, 14 Nov 2023 22:13:20 GMT\r\nContent-Type: a/b\r\nX-A: 1\r\nx-a: 2\r\nEmpty: \r\n");
    for (const char* name : {"Age", "Content-Length", "Connection", "Keep-Alive", "Transfer-Encoding",
                             "Proxy-Authenticate", "Proxy-Authentication-Info", "proxy-authorization",
                             "X-Accel-Redirect", "x-accel-expires", "X-Sendfile", "Upgrade", "Trailer"}) {
        EXPECT_EQ(stored(std::string("Date: x\n").append(name).append(": 1")), "Date: x\r\n") << name;
    }
    EXPECT_EQ(stored("Date: x\nConnection: X-Hop\nX-Hop: 1\nX: 2"), "Date: x\r\nX: 2\r\n");
    EXPECT_EQ(stored("Date: x\nX-Accelerator: 1"), "Date: x\r\nX-Accelerator: 1\r\n");
}

// RFC 9110 section 6.6.1.
TEST(EndToEnd, StoredFieldsHaveADate) {
    EXPECT_EQ(stored("X: y"), "X: y\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\n");
    EXPECT_EQ(stored("Connection: date\nDate: x"), "Date: Tue, 14 Nov 2023 22:13:20 GMT\r\n");
}

TEST(EndToEnd, SetCookieIsStrippedOrKeptByStrategy) {
    Rules rules;
    rules.configuration.set_cookie = config::SetCookie::strip;
    EXPECT_EQ(stored("Date: x\nSet-Cookie: a=b\nset-cookie2: c", rules), "Date: x\r\n");
    rules.configuration.set_cookie = config::SetCookie::store;
    EXPECT_EQ(stored("Date: x\nSet-Cookie: a=b", rules), "Date: x\r\nSet-Cookie: a=b\r\n");
}

TEST(EndToEnd, QualifiedDirectivesLeaveTheirFieldsOut) {
    const char* text = "Date: x\nCache-Control: private=\"X-A\", no-cache=\"x-b\"\nx-a: 1\nX-B: 2\nX-C: 3";
    Rules rules;
    rules.configuration.qualified_directives = true;
    EXPECT_EQ(stored(text, rules), "Date: x\r\nCache-Control: private=\"X-A\", no-cache=\"x-b\"\r\nX-C: 3\r\n");
}

}  // namespace
}  // namespace larder::policy
