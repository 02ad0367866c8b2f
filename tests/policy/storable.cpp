#include "policy/storable.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/policy/exchange.h"

namespace larder::policy {

static void PrintTo(StoreVerdict verdict, std::ostream* out) {
    *out << word(verdict);
}

namespace {

using enum StoreVerdict;

struct Exchange {
    std::string_view method = "GET";
    std::string_view request = "";
    int status = 200;
    std::string_view response = "Cache-Control: max-age=60";
    bool request_body = false;
};

StoreVerdict verdict(const Exchange& exchange, const Rules& rules = {}) {
    const Fields request = fields_of(exchange.request), response = fields_of(exchange.response);
    return policy::storable({exchange.method, request, exchange.request_body},
                            {exchange.status, response, test_time, test_time}, rules);
}

StoreVerdict of_response(std::string_view response, const Rules& rules = {}) {
    return verdict({.response = response}, rules);
}

TEST(Storable, OnlyGetWithoutBodyAndRange) {
    EXPECT_EQ(verdict({}), StoreVerdict::storable);
    for (const char* other : {"HEAD", "POST", "PUT", "DELETE", "OPTIONS", "get", "FOO", ""}) {
        EXPECT_EQ(verdict({.method = other}), method) << other;
    }
    EXPECT_EQ(verdict({.request_body = true}), request_body);
    EXPECT_EQ(verdict({.request = "Range: bytes=0-1"}), range_request);
}

TEST(Storable, AnyFinalStatusWithExplicitFreshness) {
    for (const int code : {200, 201, 202, 203, 204, 299, 300, 301, 302, 303, 307, 308,
                           403, 404, 405, 410, 499, 500, 502, 503, 504, 599, 999}) {
        EXPECT_EQ(verdict({.status = code}), StoreVerdict::storable) << code;
        EXPECT_EQ(verdict({.status = code, .response = "Expires: Tue, 14 Nov 2023 23:13:20 GMT"}),
                  StoreVerdict::storable)
            << code;
    }
    EXPECT_EQ(verdict({.status = 206}), partial);
    // 428, 429, 431, 511: RFC 6585. 412, 416, 417 answer what is not in the key.
    for (const int code : {100, 101, 103, 199, 304, 412, 416, 417, 428, 429, 431, 511, 1000}) {
        EXPECT_EQ(verdict({.status = code}), status) << code;
    }
    // It means nothing beside another status (RFC 9110 section 14.4).
    EXPECT_EQ(of_response("Cache-Control: max-age=60\nContent-Range: bytes 0-1/2"), StoreVerdict::storable);
}

TEST(Storable, ErrorsAboutOneRequestAreStoredOnlyWhereTheStrategySaysSo) {
    Rules all;
    all.configuration.store_errors = config::StoreErrors::all;
    for (const int code : {400, 408, 413, 414, 415, 421, 425, 501}) {
        EXPECT_EQ(verdict({.status = code}), request_error) << code;
        EXPECT_EQ(verdict({.status = code, .response = "Cache-Control: public, s-maxage=60"}), request_error) << code;
        EXPECT_EQ(verdict({.status = code}, all), StoreVerdict::storable) << code;
    }
    for (const int code : {414, 501}) {
        EXPECT_EQ(verdict({.status = code, .response = "ETag: \"a\""}, all), StoreVerdict::storable) << code;
    }
    for (const int code : {412, 416, 417, 428, 429, 431, 511})
        EXPECT_EQ(verdict({.status = code}, all), status) << code;
}

TEST(Storable, ARedirectToItselfIsNotStored) {
    const Fields request, response = fields_of("Cache-Control: max-age=60\nLocation: /");
    for (const int code : {301, 302, 303, 307, 308}) {
        EXPECT_EQ(policy::storable({"GET", request}, {code, response, test_time, test_time, true}, Rules()),
                  self_redirect);
        EXPECT_EQ(policy::storable({"GET", request}, {code, response, test_time, test_time}, Rules()),
                  StoreVerdict::storable);
    }
    EXPECT_EQ(policy::storable({"GET", request}, {201, response, test_time, test_time, true}, Rules()),
              StoreVerdict::storable);
}

TEST(Storable, WhatIsAboutOneConnectionOrClientIsNotStored) {
    const std::pair<const char*, StoreVerdict> cases[] = {
        {"WWW-Authenticate: NTLM", connection_auth},
        {"WWW-Authenticate: Basic realm=\"a\"\nWWW-Authenticate: negotiate", connection_auth},
        {"WWW-Authenticate: Basic realm=\"a\", NTLM TlRMTVNTUAAC", connection_auth},
        {"Proxy-Authenticate: Negotiate YII=", connection_auth},
        {"WWW-Authenticate: Basic realm=\"a, NTLM\"", StoreVerdict::storable},
        {"WWW-Authenticate: Bearer", StoreVerdict::storable},
        {"Clear-Site-Data: \"cookies\"", clear_site_data},
        {"Set-Cookie2: a=b", set_cookie},
    };
    for (const auto& [field, expected] : cases) {
        const std::string text = std::string("Cache-Control: public, max-age=60\n") + field;
        EXPECT_EQ(of_response(text), expected) << field;
    }
    for (const auto cookies : {config::SetCookie::strip, config::SetCookie::store}) {
        Rules rules;
        rules.configuration.set_cookie = cookies;
        EXPECT_EQ(of_response("Cache-Control: max-age=60\nSet-Cookie2: a=b", rules), StoreVerdict::storable);
        EXPECT_EQ(of_response("Cache-Control: max-age=60\nClear-Site-Data: *", rules), clear_site_data);
    }
}

// RFC 9111 section 3, last item.
TEST(Storable, WithoutExplicitFreshnessTheStatusDecides) {
    for (const int code : {200, 203, 204, 300, 301, 308, 404, 405, 410}) {
        EXPECT_EQ(verdict({.status = code, .response = "ETag: \"a\""}), StoreVerdict::storable) << code;
    }
    for (const int code : {201, 202, 302, 303, 307, 403, 500, 502, 503, 504, 599}) {
        EXPECT_EQ(verdict({.status = code, .response = "ETag: \"a\""}), not_cacheable) << code;
        EXPECT_EQ(verdict({.status = code, .response = "ETag: \"a\"\nCache-Control: public"}), StoreVerdict::storable)
            << code;
    }
}

TEST(Storable, WhatCanNeverBeUsedIsUseless) {
    Rules strict;
    strict.configuration.stale_if_error.reset();
    EXPECT_EQ(of_response("X: y", strict), useless);
    EXPECT_EQ(of_response("Cache-Control: max-age=0", strict), useless);
    EXPECT_EQ(of_response("Expires: 0", strict), useless);
    EXPECT_EQ(of_response("Cache-Control: no-cache", strict), useless);
    EXPECT_EQ(of_response("Cache-Control: max-age=60\nAge: 60", strict), useless);
    EXPECT_EQ(of_response("Cache-Control: max-age=60\nAge: 59", strict), StoreVerdict::storable);
    EXPECT_EQ(of_response("Cache-Control: no-cache\nETag: \"a\"", strict), StoreVerdict::storable);
    EXPECT_EQ(of_response("Cache-Control: max-age=0\nLast-Modified: Tue, 14 Nov 2023 20:33:20 GMT", strict),
              StoreVerdict::storable);
    EXPECT_EQ(of_response("Cache-Control: max-age=0, stale-while-revalidate=5", strict), StoreVerdict::storable);
    EXPECT_EQ(of_response("Cache-Control: max-age=0, stale-if-error=5", strict), StoreVerdict::storable);
    EXPECT_EQ(of_response("Cache-Control: max-age=0, stale-if-error=5, must-revalidate", strict), useless);
    // By default it may still stand in for an origin that fails.
    EXPECT_EQ(of_response("Cache-Control: max-age=0"), StoreVerdict::storable);
    EXPECT_EQ(of_response("Cache-Control: no-cache"), useless);
}

TEST(Storable, ResponseDirectives) {
    const struct {
        const char* id;
        const char* section;
        const char* response;
        StoreVerdict expected;
    } cases[] = {
        {"no-store", "5.2.2.5", "Cache-Control: max-age=60, no-store", no_store},
        {"no-store in capitals", "5.2", "Cache-Control: max-age=60, NO-STORE", no_store},
        {"no-store in a second line", "5.2", "Cache-Control: max-age=60\nCache-Control: no-store", no_store},
        {"private", "5.2.2.7", "Cache-Control: private, max-age=60", private_response},
        {"public and private", "5.2.2.7", "Cache-Control: public, max-age=60, private", private_response},
        {"private of a field", "5.2.2.7", "Cache-Control: private=\"x\", max-age=60", private_response},
        {"malformed", "5.2", "Cache-Control: max-age=60; public", malformed_cache_control},
        {"open quote hides nothing", "5.2", "Cache-Control: max-age=60, x=\"a, no-store", malformed_cache_control},
        {"quoted no-store", "5.2.3", "Cache-Control: max-age=60, x=\"a, no-store\"", StoreVerdict::storable},
        {"must-understand lifts no-store", "5.2.2.3", "Cache-Control: max-age=60, no-store, must-understand",
         StoreVerdict::storable},
        {"unknown directive", "5.2.3", "Cache-Control: max-age=60, foo=bar", StoreVerdict::storable},
        {"Pragma", "5.4", "Cache-Control: max-age=60\nPragma: no-cache", StoreVerdict::storable},
    };
    for (const auto& test : cases)
        EXPECT_EQ(of_response(test.response), test.expected) << test.id << ' ' << test.section;
}

TEST(Storable, MustUnderstandNeedsAKnownStatus) {
    for (const char* text :
         {"Cache-Control: max-age=60, must-understand", "Cache-Control: max-age=60, no-store, must-understand"}) {
        EXPECT_EQ(verdict({.status = 404, .response = text}), StoreVerdict::storable);
        EXPECT_EQ(verdict({.status = 299, .response = text}), status);
        EXPECT_EQ(verdict({.status = 599, .response = text}), status);
    }
}

TEST(Storable, LiftsTakeBackByName) {
    Rules rules;
    rules.configuration.lift = {"no-store", "private", "authorization"};
    EXPECT_EQ(of_response("Cache-Control: max-age=60, no-store, private", rules), StoreVerdict::storable);
    EXPECT_EQ(verdict({.request = "Authorization: x"}, rules), StoreVerdict::storable);
    rules.configuration.lift = {"no-store"};
    EXPECT_EQ(of_response("Cache-Control: max-age=60, no-store, private", rules), private_response);
    EXPECT_EQ(verdict({.request = "Authorization: x"}, rules), authorization);
}

// RFC 9111 section 3.5.
TEST(Storable, AuthorizationNeedsPermission) {
    const char* request = "aUTHORIZATION: Bearer x";
    EXPECT_EQ(verdict({.request = request}), authorization);
    EXPECT_EQ(verdict({.request = request, .response = "Cache-Control: max-age=60, proxy-revalidate"}), authorization);
    EXPECT_EQ(verdict({.request = request, .response = "Cache-Control: max-age=60, public=1"}), authorization);
    for (const char* permission : {"public, max-age=60", "s-maxage=60", "must-revalidate, max-age=60"}) {
        const std::string text = std::string("Cache-Control: ") + permission;
        EXPECT_EQ(verdict({.request = request, .response = text}), StoreVerdict::storable) << permission;
    }
}

TEST(Storable, SetCookieIsTheStrategysChoice) {
    const char* response = "Cache-Control: public, max-age=60\nSet-Cookie: a=b";
    Rules rules;
    EXPECT_EQ(of_response(response), set_cookie);
    rules.configuration.set_cookie = config::SetCookie::strip;
    EXPECT_EQ(of_response(response, rules), StoreVerdict::storable);
    rules.configuration.set_cookie = config::SetCookie::store;
    EXPECT_EQ(of_response(response, rules), StoreVerdict::storable);
}

TEST(Storable, QualifiedDirectivesLeaveTheRestStorable) {
    Rules rules;
    rules.configuration.qualified_directives = true;
    EXPECT_EQ(of_response("Cache-Control: max-age=60, private=\"x\"", rules), StoreVerdict::storable);
    for (const char* directive : {"private=\"set-cookie\"", "no-cache=\"Set-Cookie\""}) {
        const std::string text = std::string("Set-Cookie: a=b\nCache-Control: max-age=60, ") + directive;
        EXPECT_EQ(of_response(text, rules), StoreVerdict::storable) << directive;
        EXPECT_NE(of_response(text), StoreVerdict::storable) << directive;
    }
    EXPECT_EQ(of_response("Set-Cookie: a=b\nCache-Control: max-age=60, private=\"x\"", rules), set_cookie);
}

TEST(Storable, RequestCookieNeedsPermission) {
    const Exchange exchange{.request = "Cookie: a=b"};
    Rules rules;
    EXPECT_EQ(verdict(exchange), request_cookie);
    for (const char* text : {"Cache-Control: public, max-age=60", "Cache-Control: s-maxage=60"}) {
        EXPECT_EQ(verdict({.request = "Cookie: a=b", .response = text}), StoreVerdict::storable) << text;
    }
    rules.configuration.key_cookies = {"a"};
    EXPECT_EQ(verdict(exchange, rules), StoreVerdict::storable);
    rules.configuration.key_cookies.clear();
    rules.configuration.cookies = config::RequestCookies::ignore;
    EXPECT_EQ(verdict(exchange, rules), StoreVerdict::storable);
}

// RFC 9111 section 5.2.1.5.
TEST(Storable, RequestNoStoreCountsUnlessDirectivesAreIgnored) {
    Rules rules;
    EXPECT_EQ(verdict({.request = "Cache-Control: no-store"}, rules), request_no_store);
    rules.configuration.request_directives = config::RequestDirectives::obey;
    EXPECT_EQ(verdict({.request = "Cache-Control: no-store"}, rules), request_no_store);
    rules.configuration.request_directives = config::RequestDirectives::ignore;
    EXPECT_EQ(verdict({.request = "Cache-Control: no-store"}, rules), StoreVerdict::storable);
}

TEST(Storable, VaryIsBounded) {
    const auto vary = [](const std::string& value) { return of_response("Cache-Control: max-age=60\nVary: " + value); };
    std::string names;
    for (int i = 0; i < 16; ++i) names += "a" + std::to_string(i) + ",";
    EXPECT_EQ(vary(names), StoreVerdict::storable);
    EXPECT_EQ(vary(names + "A0"), StoreVerdict::storable);
    EXPECT_EQ(vary(names + "b"), vary_too_long);
    EXPECT_EQ(vary(std::string(1024, 'a')), StoreVerdict::storable);
    EXPECT_EQ(vary(std::string(1025, 'a')), vary_too_long);
    EXPECT_EQ(vary(std::string(600, 'a') + "\nVary: " + std::string(600, 'a')), vary_too_long);
    for (const char* value : {"*", "a, *", "*, a", "a\nVary: *", "a b"}) EXPECT_EQ(vary(value), vary_star) << value;
}

TEST(Storable, LongValuesOfWhatVaryNamesAreNotCompared) {
    const auto of = [](std::size_t language, std::size_t agent, std::string_view vary) {
        const std::string request =
            "Accept-Language: " + std::string(language, ',') + "\nUser-Agent: " + std::string(agent, 'x');
        const std::string response = "Cache-Control: max-age=60\nVary: " + std::string(vary);
        return verdict({.request = request, .response = response});
    };
    EXPECT_EQ(of(0, 1024, "User-Agent"), StoreVerdict::storable);
    EXPECT_EQ(of(0, 1025, "user-agent"), vary_too_long);
    EXPECT_EQ(of(600, 600, "Accept-Language, User-Agent"), vary_too_long);
    EXPECT_EQ(of(600, 600, "User-Agent"), StoreVerdict::storable);
    EXPECT_EQ(of(5000, 5000, "Origin"), StoreVerdict::storable);
}

TEST(Storable, TooManyTagsWouldEscapeAPurge) {
    EXPECT_EQ(of_response("Cache-Control: max-age=60\nxkey: " + std::string(1024, 'a')), StoreVerdict::storable);
    EXPECT_EQ(of_response("Cache-Control: max-age=60\nxkey: " + std::string(1025, 'a')), too_many_tags);
}

TEST(Storable, CacheAsideStoresOnlyWhatWasAskedFor) {
    Rules rules;
    rules.behavior = config::CacheBehavior::cache_aside;
    rules.configuration.ttl_mode = config::TtlMode::fallback;
    EXPECT_EQ(of_response("ETag: \"a\"", rules), no_explicit_freshness);
    EXPECT_EQ(of_response("Cache-Control: public", rules), no_explicit_freshness);
    EXPECT_EQ(of_response("Cache-Control: max-age=60", rules), StoreVerdict::storable);
    EXPECT_EQ(of_response("Expires: Tue, 14 Nov 2023 23:13:20 GMT", rules), StoreVerdict::storable);
}

TEST(Storable, DefaultTtlIsNotForPersonalRequests) {
    Rules rules;
    rules.configuration.ttl_mode = config::TtlMode::fallback;
    rules.configuration.key_cookies = {"a"};
    EXPECT_EQ(verdict({.response = "X: y"}, rules), StoreVerdict::storable);
    EXPECT_EQ(verdict({.request = "Cookie: a=b", .response = "X: y"}, rules), StoreVerdict::storable);
    EXPECT_EQ(verdict({.request = "Cookie: a=b; c=d", .response = "X: y"}, rules), request_cookie);
    EXPECT_EQ(verdict({.request = "Cookie: c=d", .response = "Cache-Control: max-age=9"}, rules), request_cookie);
    rules.configuration.lift = {"authorization"};
    EXPECT_EQ(verdict({.request = "Authorization: x", .response = "X: y"}, rules), useless);
}

TEST(Storable, EveryVerdictHasAWordOfItsOwn) {
    std::set<std::string> words;
    for (int i = 0; i <= static_cast<int>(useless); ++i) words.insert(word(static_cast<StoreVerdict>(i)));
    EXPECT_EQ(words.size(), static_cast<std::size_t>(useless) + 1);
    EXPECT_FALSE(words.contains(""));
}

}  // namespace
}  // namespace larder::policy
