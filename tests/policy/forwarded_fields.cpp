#include "policy/forwarded_fields.h"

#include <gtest/gtest.h>

#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

std::string text_of(const Fields& fields) {
    std::string text;
    for (const Field& field : fields) text.append(field.name).append(": ").append(field.value).append("|");
    return text;
}

// What an origin gets of these fields.
std::string forwarded(std::string_view received, const ForwardingRules& rules = {}, bool drops_ambiguous = true) {
    const Fields fields = fields_of(received);
    ForwardedFields request;
    if (const char* fault = request.read(fields, drops_ambiguous)) return fault;
    request.settle(rules);
    return text_of(request.fields());
}

ForwardingRules reading(const config::StrategyConfiguration& strategy) {
    ForwardingRules rules;
    rules.strategy = &strategy;
    rules.reads = rules.storable = true;
    return rules;
}

TEST(ForwardedFields, AreWithoutWhatConnectionNames) {
    EXPECT_EQ(forwarded("Connection: X-A, Accept-Language\nX-A: 1\nX-B: 2\nAccept-Language: de"), "X-B: 2|");
    EXPECT_EQ(forwarded("Accept-Encoding: gzip\nConnection: close, accept-encoding"), "");
    EXPECT_EQ(forwarded("Connection: keep-alive\nKeep-Alive: 5\nTE: trailers\nTrailer: x\nX: 1"), "X: 1|");
}

TEST(ForwardedFields, AFieldThatConnectionNamesIsNotThereForAnybody) {
    const Fields fields = fields_of("Connection: Range, If-Match\nRange: bytes=0-1\nIf-Match: x\nIf-Range: y");
    ForwardedFields request;
    ASSERT_EQ(request.read(fields, true), nullptr);
    EXPECT_FALSE(request.has(KnownField::range));
    EXPECT_FALSE(request.has(KnownField::if_match));
    EXPECT_TRUE(request.has(KnownField::if_range));
    EXPECT_EQ(request.value(KnownField::range), "");
}

TEST(ForwardedFields, TheLinesOfAListAreOne) {
    EXPECT_EQ(forwarded("Accept: a\nX: 1\naccept: b, c\nAccept-Language: de\nAccept-Language: en"),
              "Accept: a, b, c|X: 1|Accept-Language: de, en|");
    EXPECT_EQ(forwarded("Cookie: a=1\nCookie: b=2"), "Cookie: a=1; b=2|");
    EXPECT_EQ(forwarded("If-None-Match: \"a\"\nIf-None-Match: \"b\""), "If-None-Match: \"a\", \"b\"|");
}

TEST(ForwardedFields, UnknownFieldsKeepTheirLines) {
    EXPECT_EQ(forwarded("X-A: 1\nX-B: 2\nX-A: 3 ,4"), "X-A: 1|X-B: 2|X-A: 3 ,4|");
}

TEST(ForwardedFields, ASecondLineOfASingleValueIsRefused) {
    for (const char* name : {"User-Agent", "Origin", "Referer", "Authorization", "Content-Type", "Range",
                             "If-Modified-Since", "Proxy-Authorization", "Max-Forwards"}) {
        const std::string twice = std::string(name) + ": a\n" + name + ": a";
        EXPECT_EQ(forwarded(twice), "a field that has one value comes twice") << name;
        EXPECT_EQ(forwarded("Connection: " + std::string(name) + "\n" + twice).find("twice"),
                  name == std::string("Authorization") ? forwarded(twice).find("twice") : std::string::npos);
    }
}

TEST(ForwardedFields, AreWithoutClaimsAndWhatLarderWrites) {
    EXPECT_EQ(forwarded("X-Real-IP: 1\nX-Forwarded-For: 1\nForwarded: for=x\nVia: 1.1 a\nProxy: x\nX-Original-URI: /\n"
                        "Surrogate-Capability: x\nX-A: 1"),
              "X-A: 1|");
}

TEST(ForwardedFields, AmbiguousNamesAreDroppedUnlessTheyMayPass) {
    EXPECT_EQ(forwarded("X_User: a\nX-User: b\nX.User: c"), "X-User: b|");
    EXPECT_EQ(forwarded("X_User: a\nX-User: b", {}, false), "X_User: a|X-User: b|");
}

TEST(ForwardedFields, ChainsAreKeptForWhoeverWritesThem) {
    const Fields fields = fields_of("Via: 1.1 a\nX-Forwarded-For: 1.1.1.1\nVia: 1.1 b\nCDN-Loop: c\nX: 1");
    ForwardedFields request;
    ASSERT_EQ(request.read(fields, true), nullptr);
    EXPECT_EQ(request.chain("via"), "1.1 a, 1.1 b");
    EXPECT_EQ(request.chain("X-Forwarded-For"), "1.1.1.1");
    EXPECT_EQ(request.chain("CDN-Loop"), "c");
    EXPECT_EQ(request.chain("Forwarded"), "");
}

TEST(ForwardedFields, TheRoutesFieldsStandInThePlaceOfTheClients) {
    config::RequestFields route;
    route.set = {{"X-Env", "prod"}};
    route.remove = {"X-Debug", "Cookie"};
    ForwardingRules rules;
    rules.route = &route;
    EXPECT_EQ(forwarded("x-env: test\nX-DEBUG: 1\nCookie: a=1\nX: 1", rules), "X: 1|X-Env: prod|");
}

TEST(ForwardedFields, NormalisedValuesStandInThePlaceOfTheClients) {
    const std::string encodings = "gzip", languages;
    ForwardingRules rules;
    rules.encodings = &encodings;
    rules.languages = &languages;
    EXPECT_EQ(forwarded("Accept-Encoding: GZIP;q=1\nX: 1\nAccept-Encoding: x\nAccept-Language: xx", rules),
              "Accept-Encoding: gzip|X: 1|");
}

TEST(ForwardedFields, WhatTheOperatorDeclaresToBeAListIsWrittenAsOne) {
    config::StrategyConfiguration strategy;
    strategy.vary = {{"x-list", config::VaryPolicy::normalise}};
    const char* const one = "X-List: a, b|X-Other: a ,b|";
    EXPECT_EQ(forwarded("X-List: a ,,b\nX-Other: a ,b", reading(strategy)), one);
    EXPECT_EQ(forwarded("X-List: a\nX-Other: a ,b\nX-List:b", reading(strategy)), one);
    ForwardingRules writes = reading(strategy);
    writes.reads = false;
    EXPECT_EQ(forwarded("X-List: a ,,b", writes), "X-List: a ,,b|");
}

TEST(ForwardedFields, WithoutAMethodOverrideWhereTheResponseMayBeStored) {
    ForwardingRules rules;
    EXPECT_EQ(forwarded("X-HTTP-Method-Override: DELETE", rules), "X-HTTP-Method-Override: DELETE|");
    rules.reads = true;
    EXPECT_EQ(forwarded("X-HTTP-Method-Override: DELETE", rules), "");
}

TEST(ForwardedFields, WithoutRangesThatAskForTooMuch) {
    ForwardingRules rules;
    EXPECT_EQ(forwarded("Range: bytes=0-1\nIf-Range: x", rules), "Range: bytes=0-1|If-Range: x|");
    rules.no_ranges = true;
    EXPECT_EQ(forwarded("Range: bytes=0-1\nIf-Range: x\nIf-Match: y", rules), "If-Match: y|");
}

TEST(ForwardedFields, AreThoseOfTheKeyAloneWhereTheStrategyDropsTheRest) {
    config::StrategyConfiguration strategy;
    strategy.unkeyed_fields = config::UnkeyedFields::drop;
    strategy.key_fields = {"X-Tier"};
    strategy.vary = {{"user-agent", config::VaryPolicy::pass}};
    const char* const received =
        "X-Tier: 1\nUser-Agent: a\nAccept: b\nX-A: 1\nAccept-Encoding: gzip\nAuthorization: c\nX-Api-Key: d\n"
        "Range: bytes=0-1\nContent-Type: e\nReferer: f";
    EXPECT_EQ(forwarded(received, reading(strategy)),
              "X-Tier: 1|User-Agent: a|Accept-Encoding: gzip|Authorization: c|X-Api-Key: d|Range: bytes=0-1|"
              "Content-Type: e|");
    ForwardingRules passed = reading(strategy);
    passed.storable = false;
    EXPECT_NE(forwarded(received, passed).find("X-A: 1"), std::string::npos);
}

TEST(ForwardedFields, WhatIsKeyedThoughLarderWritesItIsThere) {
    Fields written;
    written.add("X-Forwarded-For", "9.9.9.9");
    ForwardingRules rules;
    rules.written = &written;
    EXPECT_EQ(forwarded("X-Forwarded-For: 1.1.1.1\nX: 1", rules), "X: 1|X-Forwarded-For: 9.9.9.9|");
}

TEST(ForwardedFields, ACopyNeedsTheMessageNoMore) {
    ForwardedFields copy;
    std::string expected;
    {
        const std::string text = "Accept: a\nAccept: b\nVia: 1.1 x\nX-Long: " + std::string(2000, 'y');
        const Fields fields = fields_of(text);
        ForwardedFields request;
        ASSERT_EQ(request.read(fields, true), nullptr);
        request.settle({});
        expected = text_of(request.fields());
        copy = request;
    }
    EXPECT_EQ(text_of(copy.fields()), expected);
    EXPECT_EQ(copy.chain("Via"), "1.1 x");
}

TEST(ForwardedFields, NothingOfTheRequestBeforeIsLeft) {
    ForwardedFields request;
    const Fields first = fields_of("Accept: a\nAccept: b\nVia: x\nRange: bytes=0-1");
    ASSERT_EQ(request.read(first, true), nullptr);
    request.settle({});
    const Fields second = fields_of("Accept: c\nUser-Agent: d");
    ASSERT_EQ(request.read(second, true), nullptr);
    request.settle({});
    EXPECT_EQ(text_of(request.fields()), "Accept: c|User-Agent: d|");
    EXPECT_EQ(request.chain("Via"), "");
    EXPECT_FALSE(request.has(KnownField::range));
}

}  // namespace
}  // namespace larder::policy
