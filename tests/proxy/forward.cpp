#include "proxy/forward.h"

#include <gtest/gtest.h>

#include "proxy/upstream/upstream.h"
#include "tests/proxy/sharing.h"

namespace larder::proxy {
namespace {

struct Head {
    std::string text;

    std::string request_line() const { return text.substr(0, text.find("\r\n")); }
    // All lines of that name, as written, without it: "a|b"; "-": none.
    std::string of(std::string_view name) const {
        std::string found;
        std::string_view rest = text;
        while (!rest.empty()) {
            const std::string_view line = rest.substr(0, rest.find("\r\n"));
            rest.remove_prefix(std::min(rest.size(), line.size() + 2));
            const std::size_t colon = line.find(": ");
            if (colon == std::string_view::npos || !policy::same_name(line.substr(0, colon), name)) continue;
            found += (found.empty() ? "" : "|") + std::string(line.substr(colon + 2));
        }
        return found.empty() ? "-" : found;
    }
};

Head forwarded(const Shared& shared, const std::string& request, const ForwardOptions& options = {},
               const Peer& peer = {}) {
    const Asked asked(shared, request, peer);
    EXPECT_FALSE(asked.refusal) << asked.refusal.reason;
    Head head{"overwritten"};
    write_forwarded_head(head.text, asked.exchange, *asked.exchange.upstream->servers().front(), options);
    EXPECT_TRUE(head.text.ends_with("\r\n\r\n"));
    EXPECT_EQ(head.text.find("\r\n\r\n"), head.text.size() - 4);
    return head;
}

Head forwarded(const std::string& request, const ForwardOptions& options = {}, const Peer& peer = {}) {
    const Shared shared(small_config(), 7, 1);
    return forwarded(shared, request, options, peer);
}

ForwardOptions for_storing() {
    ForwardOptions options;
    options.for_storing = true;
    return options;
}

TEST(Forward, WritesTheWholeHeadAnew) {
    EXPECT_EQ(forwarded("GET /%7ea?q HTTP/1.1\nHost: H.example\nAccept: text/html\n").text,
              "GET /~a?q HTTP/1.1\r\n"
              "Host: h.example\r\n"
              "Accept: text/html\r\n"
              "X-Forwarded-For: 192.0.2.1\r\n"
              "X-Forwarded-Proto: http\r\n"
              "X-Forwarded-Host: h.example\r\n"
              "Forwarded: for=192.0.2.1;host=h.example;proto=http\r\n"
              "Via: 1.1 larder\r\n"
              "\r\n");
}

TEST(Forward, DropsWhatIsHopByHop) {
    // RFC 9110 section 7.6.1.
    const auto head = forwarded(
        "GET / HTTP/1.1\nHost: h\nConnection: keep-alive, X-Once\nKeep-Alive: 5\nProxy-Connection: x\nX-Once: 1\n"
        "TE: trailers\nTrailer: X\nUpgrade: h2c\nHTTP2-Settings: AAMA\nX-Stays: 1\n");
    for (const char* name : {"Connection", "Keep-Alive", "Proxy-Connection", "X-Once", "TE", "Trailer", "Upgrade",
                             "HTTP2-Settings", "Transfer-Encoding"}) {
        EXPECT_EQ(head.of(name), "-") << name;
    }
    EXPECT_EQ(head.of("X-Stays"), "1");
}

TEST(Forward, DropsWhatAClientClaimsAboutItself) {
    for (const char* name :
         {"X-Forwarded-Prefix", "X-Forwarded-Port", "X-Forwarded-Server", "X-Forwarded", "X-Host", "X-Original-URL",
          "X-Rewrite-URL", "X-Original-Host", "X-Real-IP", "X-Client-IP", "X-Cluster-Client-IP", "X-ProxyUser-Ip",
          "Client-Cert", "Client-Cert-Chain", "X-Client-Cert", "SSL-Client-Cert", "X-SSL-Client-Verify"}) {
        for (const bool trusted : {false, true}) {
            Peer peer;
            if (trusted) peer.trusted = {range_of("192.0.2.0", 24)};
            const auto head = forwarded(std::string("GET / HTTP/1.1\nHost: h\n") + name + ": claim\n", {}, peer);
            EXPECT_EQ(head.of(name), "-") << name << (trusted ? " from a trusted proxy" : "");
        }
    }
}

const std::string chain =
    "GET / HTTP/1.1\nHost: h\nX-Forwarded-For: 203.0.113.9\nX-Forwarded-For: 10.0.0.2\nX-Forwarded-Proto: https\n"
    "X-Forwarded-Host: o.example\nVia: 1.0 a\nVia: 1.1 b\n";

TEST(Forward, EndsTheChainOfWhoIsNotTrusted) {
    const auto head = forwarded(chain + "Forwarded: for=203.0.113.9\n", {}, {.tls = true});
    EXPECT_EQ(head.of("X-Forwarded-For"), "192.0.2.1");
    EXPECT_EQ(head.of("X-Forwarded-Proto"), "https");
    EXPECT_EQ(head.of("X-Forwarded-Host"), "h");
    EXPECT_EQ(head.of("Forwarded"), "for=192.0.2.1;host=h;proto=https");
    EXPECT_EQ(head.of("Via"), "1.0 a, 1.1 b, 1.1 larder");  // RFC 9110 section 7.6.3: never cut
    EXPECT_EQ(head.of("Host"), "h");
}

TEST(Forward, CarriesATrustedProxysChainOn) {
    const Peer proxy{.trusted = {range_of("192.0.2.0", 24)}};
    const auto head = forwarded(chain, {}, proxy);
    EXPECT_EQ(head.of("X-Forwarded-For"), "203.0.113.9, 10.0.0.2, 192.0.2.1");
    EXPECT_EQ(head.of("X-Forwarded-Proto"), "https");
    EXPECT_EQ(head.of("X-Forwarded-Host"), "o.example");
    EXPECT_EQ(head.of("Forwarded"), "for=192.0.2.1;host=o.example;proto=https");
    EXPECT_EQ(head.of("Host"), "o.example");
    const std::string standard = "GET / HTTP/1.1\nHost: h\nForwarded: for=203.0.113.9\nX-Forwarded-For: 6.6.6.6\n";
    EXPECT_EQ(forwarded(standard, {}, proxy).of("Forwarded"), "for=192.0.2.1;host=h;proto=http");
    const Peer other{.trusted = proxy.trusted, .believed = config::ForwardedFamily::forwarded};
    EXPECT_EQ(forwarded(standard, {}, other).of("Forwarded"), "for=203.0.113.9, for=192.0.2.1;host=h;proto=http");
    EXPECT_EQ(forwarded(standard, {}, other).of("X-Forwarded-For"), "192.0.2.1");
}

TEST(Forward, WritesAddressesAsTheStandardHasThem) {
    const std::string request = "GET / HTTP/1.1\nHost: [2001:db8::2]:81\n";
    const auto v6 = forwarded(request, {}, {.address = "2001:db8::1"});
    EXPECT_EQ(v6.of("X-Forwarded-For"), "2001:db8::1");
    EXPECT_EQ(v6.of("Forwarded"), "for=\"[2001:db8::1]\";host=\"[2001:db8::2]:81\";proto=http");
    const auto mapped = forwarded(request, {}, {.address = "::ffff:192.0.2.7"});
    EXPECT_EQ(mapped.of("X-Forwarded-For"), "192.0.2.7");
}

TEST(Forward, TellsTheVersionItReceived) {
    EXPECT_EQ(forwarded("GET / HTTP/1.0\nHost: h\n").of("Via"), "1.0 larder");
    EXPECT_EQ(forwarded("GET / HTTP/1.0\nHost: h\n").request_line(), "GET / HTTP/1.1");
}

config::Config config_with(config::Route route) {
    auto config = small_config();
    config.routes = {std::move(route)};
    return config;
}

TEST(Forward, SetsAndRemovesFieldsForTheRoute) {
    auto route = proxy::route("/**", "app");
    route.request_fields.set = {{"X-Env", "prod"}, {"User-Agent", "larder"}};
    route.request_fields.remove = {"X-Debug"};
    const Shared shared(config_with(route), 7, 1);
    const auto head = forwarded(shared, "GET / HTTP/1.1\nHost: h\nx-debug: 1\nuser-agent: a\nx-env: test\nX-Env: b\n");
    EXPECT_EQ(head.of("X-Env"), "prod");
    EXPECT_EQ(head.of("User-Agent"), "larder");
    EXPECT_EQ(head.of("X-Debug"), "-");
}

TEST(Forward, ChangesTheTargetForTheRoute) {
    auto route = proxy::route("/v2/**", "app");
    route.strip_prefix = "/v2";
    route.add_prefix = "/api";
    const Shared shared(config_with(route), 7, 1);
    EXPECT_EQ(forwarded(shared, "GET /v2/a?b HTTP/1.1\nHost: h\n").request_line(), "GET /api/a?b HTTP/1.1");
}

TEST(Forward, NamesTheHostThatTheUpstreamWants) {
    const struct {
        const char* setting;
        const char* host;
    } cases[] = {{"preserve", "h.example:81"}, {"upstream", "10.0.0.5:3000"}, {"fixed.example", "fixed.example"}};
    for (const auto& c : cases) {
        auto config = small_config();
        config.upstreams[0].host = c.setting;
        const Shared shared(std::move(config), 7, 1);
        const auto head = forwarded(shared, "GET / HTTP/1.1\nHost: h.example:81\n");
        EXPECT_EQ(head.of("Host"), c.host);
        EXPECT_EQ(head.of("X-Forwarded-Host"), "h.example:81");
    }
}

const std::string conditional =
    "GET / HTTP/1.1\nHost: h\nIf-None-Match: \"c\"\nIf-Modified-Since: x\nIf-Match: \"d\"\nIf-Unmodified-Since: y\n"
    "Range: bytes=0-1\nIf-Range: \"e\"\n";

TEST(Forward, AsksForTheWholeResponseWhenItIsToBeStored) {
    const auto head = forwarded(conditional, for_storing());
    for (const char* name :
         {"If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since", "Range", "If-Range"}) {
        EXPECT_EQ(head.of(name), "-") << name;
    }
    EXPECT_EQ(forwarded("HEAD / HTTP/1.1\nHost: h\n", for_storing()).request_line(), "GET / HTTP/1.1");
}

TEST(Forward, AsksWithOurValidatorsInPlaceOfTheClients) {
    auto options = for_storing();
    options.validators = {"\"ours\"", "Tue, 14 Nov 2023 22:13:20 GMT"};
    const auto head = forwarded(conditional, options);
    EXPECT_EQ(head.of("If-None-Match"), "\"ours\"");
    EXPECT_EQ(head.of("If-Modified-Since"), "Tue, 14 Nov 2023 22:13:20 GMT");
}

TEST(Forward, PassesTheClientsConditionsWhereNothingIsStored) {
    const auto head = forwarded(conditional);
    EXPECT_EQ(head.of("If-None-Match"), "\"c\"");
    EXPECT_EQ(head.of("If-Match"), "\"d\"");
    EXPECT_EQ(head.of("Range"), "bytes=0-1");
    EXPECT_EQ(head.of("If-Range"), "\"e\"");
    EXPECT_EQ(forwarded("HEAD / HTTP/1.1\nHost: h\n").request_line(), "HEAD / HTTP/1.1");
}

TEST(Forward, LetsNobodyOverrideTheMethodOfAReadingRequest) {
    for (const char* name : {"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"}) {
        const std::string fields = std::string(" / HTTP/1.1\nHost: h\n") + name + ": DELETE\n";
        EXPECT_EQ(forwarded("GET" + fields).of(name), "-") << name;
        EXPECT_EQ(forwarded("HEAD" + fields).of(name), "-") << name;
        EXPECT_EQ(forwarded("POST" + fields).of(name), "DELETE") << name;
    }
}

TEST(Forward, CountsMaxForwardsDownForOptions) {
    // RFC 9110 section 7.6.2; other methods may ignore it.
    EXPECT_EQ(forwarded("OPTIONS / HTTP/1.1\nHost: h\nMax-Forwards: 10\n").of("Max-Forwards"), "9");
    EXPECT_EQ(forwarded("OPTIONS / HTTP/1.1\nHost: h\nMax-Forwards: 1\n").of("Max-Forwards"), "0");
    EXPECT_EQ(forwarded("OPTIONS / HTTP/1.1\nHost: h\nMax-Forwards: x\n").of("Max-Forwards"), "x");
    EXPECT_EQ(forwarded("GET / HTTP/1.1\nHost: h\nMax-Forwards: 10\n").of("Max-Forwards"), "10");
}

TEST(Forward, KeepsCookiesToTheStrategysRule) {
    auto config = small_config();
    config.strategies[0].configuration.cookies = config::RequestCookies::ignore;
    const Shared ignoring(std::move(config), 7, 1);
    EXPECT_EQ(forwarded(ignoring, "GET / HTTP/1.1\nHost: h\nCookie: a=1\n").of("Cookie"), "-");
    EXPECT_EQ(forwarded(ignoring, "POST / HTTP/1.1\nHost: h\nCookie: a=1\n").of("Cookie"), "a=1");
    EXPECT_EQ(forwarded("GET / HTTP/1.1\nHost: h\nCookie: a=1\n").of("Cookie"), "a=1");
}

TEST(Forward, SendsTheSelectedQueryForReadingRequestsOnly) {
    auto config = small_config();
    config.strategies[0].cache_key_pattern = "/**?a&b";
    const Shared shared(std::move(config), 7, 1);
    const std::string fields = " /x?b=1&c=2&a=3 HTTP/1.1\nHost: h\n";
    EXPECT_EQ(forwarded(shared, "GET" + fields).request_line(), "GET /x?a=3&b=1 HTTP/1.1");
    EXPECT_EQ(forwarded(shared, "HEAD" + fields).request_line(), "HEAD /x?a=3&b=1 HTTP/1.1");
    EXPECT_EQ(forwarded(shared, "POST" + fields).request_line(), "POST /x?b=1&c=2&a=3 HTTP/1.1");
}

TEST(Forward, FramesTheBodyOnce) {
    const auto known = forwarded("POST / HTTP/1.1\nHost: h\nContent-Length: 5\n");
    EXPECT_EQ(known.of("Content-Length"), "5");
    EXPECT_EQ(known.of("Transfer-Encoding"), "-");
    const auto chunked = forwarded("POST / HTTP/1.1\nHost: h\nTransfer-Encoding: chunked\n");
    EXPECT_EQ(chunked.of("Content-Length"), "-");
    EXPECT_EQ(chunked.of("Transfer-Encoding"), "chunked");
}

TEST(Forward, SaysThatThereIsNoBodyWhereOneIsExpected) {
    // RFC 9110 section 8.6.
    for (const char* method : {"POST", "PUT", "PATCH"}) {
        EXPECT_EQ(forwarded(std::string(method) + " / HTTP/1.1\nHost: h\n").of("Content-Length"), "0") << method;
    }
    for (const char* method : {"GET", "DELETE", "OPTIONS"}) {
        EXPECT_EQ(forwarded(std::string(method) + " / HTTP/1.1\nHost: h\n").of("Content-Length"), "-") << method;
    }
}

TEST(Forward, LeavesOutTheBodyOfAGetThatIsToBeStored) {
    auto options = for_storing();
    options.with_body = false;
    const auto head = forwarded("GET / HTTP/1.1\nHost: h\nContent-Length: 5\n", options);
    EXPECT_EQ(head.of("Content-Length"), "-");
    EXPECT_EQ(head.of("Transfer-Encoding"), "-");
}

// RFC 8586.
TEST(Forward, AddsItsNameToTheLoopField) {
    ForwardOptions options;
    options.loop_id = "larder-1";
    EXPECT_EQ(forwarded("GET / HTTP/1.1\nHost: h\n", options).of("CDN-Loop"), "larder-1");
    const std::string request = "GET / HTTP/1.1\nHost: h\nCDN-Loop: a.example; x=1\nCDN-Loop: b\n";
    EXPECT_EQ(forwarded(request, options).of("CDN-Loop"), "a.example; x=1, b, larder-1");
    EXPECT_EQ(forwarded("GET / HTTP/1.1\nHost: h\n").of("CDN-Loop"), "-");
}

TEST(Forward, ExpectsAndUpgradesOnlyWhenTold) {
    const std::string request = "GET / HTTP/1.1\nHost: h\nConnection: Upgrade\nUpgrade: websocket\n";
    EXPECT_EQ(forwarded(request).of("Upgrade"), "-");
    ForwardOptions upgrading;
    upgrading.upgrade = "websocket";
    EXPECT_EQ(forwarded(request, upgrading).of("Upgrade"), "websocket");
    EXPECT_EQ(forwarded(request, upgrading).of("Connection"), "Upgrade");

    const std::string waiting = "PUT / HTTP/1.1\nHost: h\nContent-Length: 1\nExpect: 100-continue\n";
    EXPECT_EQ(forwarded(waiting).of("Expect"), "-");
    ForwardOptions expecting;
    expecting.expect_continue = true;
    EXPECT_EQ(forwarded(waiting, expecting).of("Expect"), "100-continue");
}

}  // namespace
}  // namespace larder::proxy
