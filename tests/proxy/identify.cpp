#include "proxy/identify.h"

#include <gtest/gtest.h>

#include "policy/field_lines.h"
#include "policy/vary.h"
#include "proxy/forward.h"
#include "proxy/upstream/upstream.h"
#include "tests/proxy/sharing.h"

namespace larder::proxy {
namespace {

TEST(Identify, TheKeyIsTheNormalisedUrl) {
    const Shared shared(small_config(), 7, 1);
    const struct {
        const char* id;
        const char* request;
        bool tls;
        const char* key;
    } cases[] = {
        {"plain", "GET /a?b=1 HTTP/1.1\nHost: h.example\n", false, "http://h.example/a?b=1"},
        {"over TLS", "GET /a HTTP/1.1\nHost: h.example\n", true, "https://h.example/a"},
        {"host in lower case", "GET / HTTP/1.1\nHost: H.Example\n", false, "http://h.example/"},
        {"default port", "GET / HTTP/1.1\nHost: h.example:80\n", false, "http://h.example/"},
        {"the other scheme's port", "GET / HTTP/1.1\nHost: h.example:80\n", true, "https://h.example:80/"},
        {"another port", "GET / HTTP/1.1\nHost: h.example:8080\n", false, "http://h.example:8080/"},
        {"RFC 3986 section 6.2.2", "GET /%7ea/../b%2f HTTP/1.1\nHost: h\n", false, "http://h/b%2F"},
        {"the query as received", "GET /?b=2&a=%7e HTTP/1.1\nHost: h\n", false, "http://h/?b=2&a=%7e"},
        {"an empty query", "GET /? HTTP/1.1\nHost: h\n", false, "http://h/?"},
        {"HEAD shares GET's", "HEAD /a HTTP/1.1\nHost: h\n", false, "http://h/a"},
        {"absolute-form", "GET http://h.example/a HTTP/1.1\nHost: h.example\n", false, "http://h.example/a"},
        {"HTTP/1.0 without Host", "GET /a HTTP/1.0\n", false, "http://10.0.0.5:3000/a"},
        {"an address", "GET / HTTP/1.1\nHost: [2001:DB8::1]:81\n", false, "http://[2001:db8::1]:81/"},
    };
    for (const auto& c : cases) {
        const Asked asked(shared, c.request, {.tls = c.tls});
        ASSERT_FALSE(asked.refusal) << c.id << asked.refusal.reason;
        EXPECT_EQ(asked.exchange.key.text, c.key) << c.id;
        EXPECT_EQ(asked.exchange.key.hash, storage::hash_key(c.key, 7)) << c.id;
        EXPECT_EQ(key_of_url(shared, c.key), c.key) << c.id;
    }
}

TEST(Identify, PutsTheStrategysFieldsAndCookiesIntoTheKey) {
    auto config = small_config();
    config.strategies[0].configuration.key_fields = {"Accept-Language", "X-Tier"};
    config.strategies[0].configuration.key_cookies = {"theme"};
    const Shared shared(std::move(config), 7, 1);
    const Asked asked(shared, "GET /a HTTP/1.1\nHost: h\naccept-language: de, en\nCookie: a=1; theme=dark\n");
    EXPECT_EQ(asked.exchange.key.text, "http://h/a Accept-Language=de,%20en X-Tier Cookie.theme=dark");
    EXPECT_EQ(asked.exchange.key.text.substr(asked.exchange.key.path_offset, 2), "/a");
}

TEST(Identify, RefusesWhatHasNoSoundTarget) {
    const Shared shared(small_config(), 7, 1);
    const struct {
        const char* id;
        const char* request;
        int status;
    } cases[] = {
        {"RFC 9112 section 3.2", "GET a HTTP/1.1\nHost: h\n", 400},
        {"escape", "GET /%zz HTTP/1.1\nHost: h\n", 400},
        {"two hosts", "GET http://a/ HTTP/1.1\nHost: b\n", 400},
        {"no host", "GET / HTTP/1.1\nHost:\n", 400},
        {"user information", "GET / HTTP/1.1\nHost: u@h\n", 400},
        {"RFC 9110 section 15.5.20", "GET https://h/ HTTP/1.1\nHost: h\n", 421},
    };
    for (const auto& c : cases) EXPECT_EQ(Asked(shared, c.request).refusal.status, c.status) << c.id;
}

TEST(Identify, ChoosesTheMostSpecificRoute) {
    auto config = small_config();
    config.upstreams.push_back(upstream("api", {{false, "10.0.0.6", 80}}));
    config.routes = {route("/web/**", "app"), route("/web/api/**", "api")};
    const Shared shared(std::move(config), 7, 1);
    EXPECT_EQ(Asked(shared, "GET /web/x HTTP/1.1\nHost: h\n").exchange.upstream_name, "app");
    const Asked api(shared, "GET /web/api/x HTTP/1.1\nHost: h\n");
    EXPECT_EQ(api.exchange.upstream_name, "api");
    EXPECT_EQ(api.exchange.upstream, api.exchange.running->upstreams[1].get());
    EXPECT_EQ(Asked(shared, "GET /other HTTP/1.1\nHost: h\n").refusal.status, 404);
}

TEST(Identify, ChoosesTheMostSpecificStrategyOfThousands) {
    auto config = small_config();
    for (int i = 0; i < 2000; ++i) {
        const std::string number = std::to_string(i);
        config.strategies.push_back(strategy("s" + number, "/s" + number + "/**"));
        config.strategies.push_back(strategy("h" + number, "h" + number + ".example/s" + number + "/{resource_id}"));
    }
    const Shared shared(std::move(config), 7, 1);
    for (int i = 0; i < 2000; i += 97) {
        const std::string number = std::to_string(i), path = "GET /s" + number + "/x HTTP/1.1\nHost: ";
        EXPECT_EQ(Asked(shared, path + "h\n").exchange.strategy->name, "s" + number);
        EXPECT_EQ(Asked(shared, path + "h" + number + ".example:81\n").exchange.strategy->name, "h" + number);
    }
    EXPECT_EQ(Asked(shared, "GET /s2000/x HTTP/1.1\nHost: h\n").exchange.strategy->name, "all");
}

TEST(Identify, WithoutAStrategyThereIsNone) {
    auto config = small_config();
    config.strategies[0].cache_key_pattern = "/cached/**";
    const Shared shared(std::move(config), 7, 1);
    const Asked asked(shared, "GET /x?b&a HTTP/1.1\nHost: h\n");
    EXPECT_FALSE(asked.refusal);
    EXPECT_EQ(asked.exchange.strategy, nullptr);
    EXPECT_EQ(asked.exchange.selected, "/x?b&a");
}

TEST(Identify, SelectsTheQueryForKeyAndOrigin) {
    auto config = small_config();
    config.strategies[0].cache_key_pattern = "/search/**?q&page&!utm_*";
    const Shared shared(std::move(config), 7, 1);
    const struct {
        const char* target;
        const char* selected;
    } cases[] = {
        {"/search/?q=1&utm_x=2&page=3", "/search/?page=3&q=1"},
        {"/search/?page=3&q=1", "/search/?page=3&q=1"},
        {"/search/?x=1", "/search/"},
        {"/search/?", "/search/"},
        {"/search/", "/search/"},
    };
    for (const auto& c : cases) {
        const Asked asked(shared, std::string("GET ") + c.target + " HTTP/1.1\nHost: h\n");
        EXPECT_EQ(asked.exchange.selected, c.selected) << c.target;
        EXPECT_EQ(asked.exchange.key.text, std::string("http://h") + c.selected) << c.target;
        EXPECT_EQ(asked.exchange.target.text, c.target);
        EXPECT_EQ(key_of_url(shared, std::string("http://h") + c.target), std::string("http://h") + c.selected);
    }
}

TEST(Identify, BelievesATrustedProxy) {
    const Shared shared(small_config(), 7, 1);
    const std::string request =
        "GET /a HTTP/1.1\nHost: inner\nX-Forwarded-For: 203.0.113.9\nX-Forwarded-Proto: https\n"
        "X-Forwarded-Host: Outer.example:443\n";
    const Asked believed(shared, request, {.address = "10.0.0.1", .trusted = {range_of("10.0.0.0", 8)}});
    EXPECT_EQ(believed.exchange.key.text, "https://outer.example/a");
    EXPECT_EQ(believed.exchange.client.to_string(), "203.0.113.9");
    EXPECT_EQ(believed.exchange.peer.to_string(), "10.0.0.1");

    const Asked not_believed(shared, request, {.address = "192.0.2.1", .trusted = {range_of("10.0.0.0", 8)}});
    EXPECT_EQ(not_believed.exchange.key.text, "http://inner/a");
    EXPECT_EQ(not_believed.exchange.client.to_string(), "192.0.2.1");
}

TEST(Identify, BelievesTheStandardFieldWhereItIsTheOneToBelieve) {
    const Shared shared(small_config(), 7, 1);
    const Peer proxy{.address = "10.0.0.1",
                     .tls = true,
                     .trusted = {range_of("10.0.0.0", 8)},
                     .believed = config::ForwardedFamily::forwarded};
    const Asked asked(shared, "GET /a HTTP/1.1\nHost: h\nForwarded: for=203.0.113.9;proto=http;host=o.example\n",
                      proxy);
    EXPECT_EQ(asked.exchange.key.text, "http://o.example/a");
    const Asked silent(shared, "GET /a HTTP/1.1\nHost: h\nForwarded: by=10.0.0.1\n", proxy);
    EXPECT_EQ(silent.exchange.key.text, "https://h/a");
    EXPECT_EQ(silent.exchange.client.to_string(), "10.0.0.1");
}

TEST(Identify, DoesNotBelieveTheFamilyThatAClientMayHaveWritten) {
    const Shared shared(small_config(), 7, 1);
    const Peer proxy{.address = "10.0.0.1", .trusted = {range_of("10.0.0.0", 8)}};
    const Asked asked(shared,
                      "GET /a HTTP/1.1\nHost: h\nForwarded: for=6.6.6.6;host=evil\nX-Forwarded-For: 203.0.113.9\n"
                      "X-Forwarded-Proto: https\n",
                      proxy);
    EXPECT_EQ(asked.exchange.key.text, "https://h/a");
    EXPECT_EQ(asked.exchange.client.to_string(), "203.0.113.9");
}

// Each field by itself, in every way that a client can change it: what the origin sees otherwise is never taken for the
// same, if the origin says that it matters.
TEST(Identify, WhatTheOriginSeesOtherwiseIsAnotherVariant) {
    const Shared shared(small_config(), 7, 1);
    const char* const names[] = {"Accept",     "Accept-Encoding", "Accept-Language", "Accept-Charset",
                                 "User-Agent", "Origin",          "Referer",         "X-Other",
                                 "X-Api-Key",  "Prefer",          "Save-Data",       "Sec-CH-UA",
                                 "DNT",        "Cookie",          "Cache-Control",   "X-Requested-With"};
    const char* const values[] = {"a", "b", "A", "a,b", "a, b", "a ,b", "gzip", "de", "de, en", "x;q=0.5", "", "a;b=c"};
    const auto request = [](int minor, const std::string& lines) {
        return "GET / HTTP/1." + std::to_string(minor) + "\nHost: h\n" + lines;
    };
    for (const std::string name : names) {
        std::vector<std::string> ways = {""};
        for (const std::string value : values) {
            ways.push_back(name + ": " + value + "\n");
            ways.push_back("Connection: " + name + "\n" + name + ": " + value + "\n");
            ways.push_back(name + ": " + value + "\nX: y\n" + name + ": c\n");
        }
        struct Way {
            std::string seen;
            std::vector<storage::VaryField> selected;
            std::string key;
        };
        std::vector<Way> all;
        for (const std::string& way : ways) {
            for (const int minor : {0, 1}) {
                const std::string bytes = request(minor, way);
                h1::RequestHead probe;
                std::string wire;
                for (const char c : bytes) wire += c == '\n' ? std::string("\r\n") : std::string(1, c);
                if (h1::parse_request_head(wire + "\r\n", {}, probe)) continue;
                const Asked asked(shared, bytes);
                if (asked.refusal) continue;
                std::string head;
                write_forwarded_head(head, asked.exchange, *asked.exchange.upstream->servers().front(), {});
                Way seen;
                const auto lines = policy::fields_in(std::string_view(head).substr(head.find("\r\n") + 2));
                for (const policy::Field& line : lines) {
                    if (policy::same_name(line.name, name)) seen.seen.append("[").append(line.value).append("]");
                }
                seen.selected = policy::select_fields({policy::lower(name)}, *asked.exchange.fields);
                seen.key = asked.exchange.key_text;
                all.push_back(std::move(seen));
            }
        }
        for (const Way& one : all) {
            for (const Way& other : all) {
                const bool same = one.key == other.key && one.selected == other.selected;
                EXPECT_EQ(same, one.seen == other.seen) << name << ": " << one.seen << " and " << other.seen;
            }
        }
    }
}

TEST(Identify, IgnoresRangesThatAskForTooMuch) {
    const Shared shared(small_config(), 7, 1);
    const Asked asked(shared, "GET / HTTP/1.1\nHost: h\nRange: bytes=0-,0-,0-,0-\n");
    EXPECT_FALSE(asked.exchange.range);
    EXPECT_FALSE(asked.exchange.fields->has("Range"));
}

TEST(Identify, RefusesASecondValueWhereThereIsOne) {
    const Shared shared(small_config(), 7, 1);
    const Asked asked(shared, "GET / HTTP/1.1\nHost: h\nUser-Agent: a\nUser-Agent: b\n");
    EXPECT_EQ(asked.refusal.status, 400);
}

TEST(Identify, KeysWhatLarderWritesAndNotWhatTheClientSent) {
    auto config = small_config();
    config.strategies[0].configuration.key_fields = {"X-Forwarded-For"};
    const Shared shared(std::move(config), 7, 1);
    const Asked asked(shared, "GET /a HTTP/1.1\nHost: h\nX-Forwarded-For: 6.6.6.6\n");
    EXPECT_EQ(asked.exchange.key.text, "http://h/a X-Forwarded-For=192.0.2.1");
}

TEST(Identify, RefusesAHostThatEvenATrustedProxyMayNotName) {
    const Shared shared(small_config(), 7, 1);
    const Asked asked(shared, "GET /a HTTP/1.1\nHost: h\nX-Forwarded-Host: a/b\n",
                      {.address = "10.0.0.1", .trusted = {range_of("10.0.0.0", 8)}});
    EXPECT_EQ(asked.refusal.status, 400);
}

TEST(Identify, NoticesWhatDecidesTheWayOfARequest) {
    const Shared shared(small_config(), 7, 1);
    const struct {
        const char* field;
        bool range, to_origin, personal, trailers;
    } cases[] = {
        {"Accept: x", false, false, false, false},
        {"Range: bytes=0-1", true, false, false, false},
        {"If-Range: \"x\"", true, false, false, false},
        {"If-Match: \"x\"", false, true, false, false},
        {"If-Unmodified-Since: x", false, true, false, false},
        {"Authorization: Basic eA==", false, false, true, false},
        {"Cookie: a=1", false, false, true, false},
        {"TE: gzip, trailers", false, false, false, true},
        {"TE: gzip", false, false, false, false},
    };
    for (const auto& c : cases) {
        const Asked asked(shared, std::string("GET / HTTP/1.1\nHost: h\n") + c.field + "\n");
        EXPECT_EQ(asked.exchange.range, c.range) << c.field;
        EXPECT_EQ(asked.exchange.to_origin, c.to_origin) << c.field;
        EXPECT_EQ(asked.exchange.personal, c.personal) << c.field;
        EXPECT_EQ(asked.exchange.takes_trailers, c.trailers) << c.field;
    }
}

TEST(Identify, ReadsTheRequestsDirectives) {
    const Shared shared(small_config(), 7, 1);
    EXPECT_TRUE(Asked(shared, "GET / HTTP/1.1\nHost: h\nCache-Control: no-store\n").exchange.directives.no_store);
    EXPECT_TRUE(Asked(shared, "GET / HTTP/1.1\nHost: h\nPragma: no-cache\n").exchange.directives.no_cache);
    EXPECT_FALSE(Asked(shared, "GET / HTTP/1.1\nHost: h\n").exchange.directives.no_store);
}

TEST(Identify, TellsMethodAndBody) {
    const Shared shared(small_config(), 7, 1);
    const Asked get(shared, "GET / HTTP/1.1\nHost: h\n");
    EXPECT_TRUE(get.exchange.get && !get.exchange.head && !get.exchange.has_body);
    const Asked head(shared, "HEAD / HTTP/1.0\nHost: h\n");
    EXPECT_TRUE(head.exchange.head && !head.exchange.get);
    EXPECT_EQ(head.exchange.minor, 0);
    const Asked known(shared, "PUT / HTTP/1.1\nHost: h\nContent-Length: 5\nExpect: 100-continue\n");
    EXPECT_TRUE(known.exchange.has_body && known.exchange.expects_continue);
    EXPECT_EQ(known.exchange.body_length, 5u);
    const Asked chunked(shared, "PUT / HTTP/1.1\nHost: h\nTransfer-Encoding: chunked\n");
    EXPECT_TRUE(chunked.exchange.has_body);
    EXPECT_EQ(chunked.exchange.body_length, std::nullopt);
    const Asked empty(shared, "PUT / HTTP/1.1\nHost: h\nContent-Length: 0\n");
    EXPECT_FALSE(empty.exchange.has_body);
}

TEST(Identify, ForgetsTheRequestBefore) {
    auto config = small_config();
    config.strategies[0].cache_key_pattern = "/cached/**?a";
    const Shared shared(std::move(config), 7, 1);
    Asked first(shared,
                "HEAD /cached/x?a=1 HTTP/1.0\nHost: h\nCookie: c\nRange: bytes=0-1\nIf-Match: x\nTE: trailers\n"
                "Cache-Control: no-store\n");
    ASSERT_TRUE(first.exchange.strategy);
    Asked plain(shared, "GET /x HTTP/1.1\nHost: h\n");
    EXPECT_FALSE(identify(shared, plain.head, false, first.exchange));
    const Exchange& again = first.exchange;
    EXPECT_TRUE(again.get);
    EXPECT_FALSE(again.head || again.range || again.to_origin || again.personal || again.takes_trailers);
    EXPECT_FALSE(again.directives.no_store);
    EXPECT_EQ(again.strategy, nullptr);
    EXPECT_EQ(again.selected, "/x");
    EXPECT_EQ(again.minor, 1);
}

TEST(KeyOfUrl, IsTheKeyThatAGetHas) {
    const Shared shared(small_config(), 7, 1);
    const struct {
        const char* url;
        const char* key;  // null: no URL
    } cases[] = {
        {"http://H.example:80/a/../%7eb?x=1", "http://h.example/~b?x=1"},
        {"HTTPS://h.example/", "https://h.example/"},
        {"http://h/a Accept-Language=de", "http://h/a Accept-Language=de"},
        {"/a", nullptr},
        {"ftp://h/a", nullptr},
        {"http:///a", nullptr},
        {"http://u@h/a", nullptr},
        {"http://h/%zz", nullptr},
        {"", nullptr},
        {"*", nullptr},
    };
    for (const auto& c : cases) {
        const auto key = key_of_url(shared, c.url);
        EXPECT_EQ(key, c.key ? std::optional<std::string>(c.key) : std::nullopt) << c.url;
    }
}

TEST(KeyOfUrl, IgnoresFieldsAndCookiesOfTheStrategy) {
    auto config = small_config();
    config.strategies[0].configuration.key_fields = {"Accept"};
    const Shared shared(std::move(config), 7, 1);
    EXPECT_EQ(key_of_url(shared, "http://h/a"), "http://h/a");
}

TEST(DetachedExchange, OutlivesTheRequest) {
    auto config = small_config();
    config.strategies[0].cache_key_pattern = "/**?a";
    const Shared shared(std::move(config), 7, 1);
    std::unique_ptr<DetachedExchange> detached;
    {
        const Asked asked(shared, "GET /x?b=1&a=2 HTTP/1.1\nHost: h\nAccept: text/html\nX-Empty:\n");
        detached = std::make_unique<DetachedExchange>(asked.exchange);
    }
    const Exchange& exchange = detached->exchange;
    EXPECT_EQ(exchange.method, "GET");
    EXPECT_EQ(exchange.key.text, "http://h/x?a=2");
    EXPECT_EQ(exchange.key.text.data(), exchange.key_text.data());
    EXPECT_EQ(exchange.selected, "/x?a=2");
    EXPECT_EQ(exchange.fields->value("accept"), "text/html");
    EXPECT_TRUE(exchange.fields->has("x-empty"));
}

}  // namespace
}  // namespace larder::proxy
