#include "proxy/problem.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace larder::proxy {
namespace {

struct Case {
    UpstreamError error;
    int status;
    const char* title;
    const char* proxy_status;  // RFC 9209 section 2.3
    bool nothing_sent;
};

const Case cases[] = {
    {UpstreamError::dns, 502, "Bad Gateway", "dns_error", true},
    {UpstreamError::connect_refused, 502, "Bad Gateway", "connection_refused", true},
    {UpstreamError::connect_failed, 502, "Bad Gateway", "destination_ip_unroutable", true},
    {UpstreamError::connect_timeout, 504, "Gateway Timeout", "connection_timeout", true},
    {UpstreamError::tls, 502, "Bad Gateway", "tls_protocol_error", true},
    {UpstreamError::no_server, 503, "Service Unavailable", "destination_unavailable", false},
    {UpstreamError::queue_full, 503, "Service Unavailable", "connection_limit_reached", true},
    {UpstreamError::queue_timeout, 503, "Service Unavailable", "connection_limit_reached", true},
    {UpstreamError::closed, 502, "Bad Gateway", "connection_terminated", false},
    {UpstreamError::first_byte_timeout, 504, "Gateway Timeout", "http_response_timeout", false},
    {UpstreamError::bad_response, 502, "Bad Gateway", "http_protocol_error", false},
    {UpstreamError::incomplete, 502, "Bad Gateway", "http_response_incomplete", false},
    {UpstreamError::body_timeout, 504, "Gateway Timeout", "connection_read_timeout", false},
    {UpstreamError::loop, 502, "Bad Gateway", "proxy_loop_detected", false},
    {UpstreamError::client_gone, 400, "Bad Request", "http_request_error", false},
};

TEST(Problem, OfAnUpstreamSaysWhatFailed) {
    for (const Case& c : cases) {
        const auto problem = Problem::of(c.error);
        EXPECT_EQ(problem.status, c.status) << word(c.error);
        EXPECT_EQ(problem.title, c.title) << word(c.error);
        EXPECT_FALSE(problem.detail.empty()) << word(c.error);
        EXPECT_EQ(proxy_status(problem), std::string("larder; error=") + c.proxy_status);
        EXPECT_EQ(nothing_sent(c.error), c.nothing_sent) << word(c.error);
    }
}

TEST(Problem, EveryKindHasAWordOfItsOwn) {
    std::set<std::string> words;
    for (const Case& c : cases) words.insert(word(c.error));
    EXPECT_EQ(words.size(), std::size(cases));
}

TEST(Problem, OfOursHasNoProxyStatus) {
    EXPECT_EQ(proxy_status({404, "Not Found", "", UpstreamError::none}), "");
}

TEST(Problem, IsJson) {
    // RFC 9457 section 3.1.
    EXPECT_EQ(problem_body({404, "Not Found", "no \"route\"", UpstreamError::none}),
              "{\"title\":\"Not Found\",\"status\":404,\"detail\":\"no \\\"route\\\"\"}\n");
    EXPECT_EQ(problem_body({503, "Service Unavailable", "", UpstreamError::none}),
              "{\"title\":\"Service Unavailable\",\"status\":503}\n");
}

}  // namespace
}  // namespace larder::proxy
