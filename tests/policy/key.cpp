#include "policy/key.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

config::StrategyConfiguration keyed_by(std::vector<std::string> fields, std::vector<std::string> cookies = {}) {
    config::StrategyConfiguration strategy;
    strategy.key_fields = std::move(fields);
    strategy.key_cookies = std::move(cookies);
    return strategy;
}

std::string key_text(std::string_view request, const config::StrategyConfiguration& strategy) {
    std::string out = "overwritten";
    make_key(out, "http", "a.example", "/p?q=1", fields_of(request), strategy, 7);
    return out;
}

TEST(Key, IsTheUrlWithoutKeyFields) {
    std::string out;
    const auto key = make_key(out, "https", "a.example:8443", "/p?q=1", fields_of("Accept: x"), keyed_by({}), 7);
    EXPECT_EQ(key.text, "https://a.example:8443/p?q=1");
    EXPECT_EQ(key.text.data(), out.data());
    EXPECT_EQ(key.text.substr(key.path_offset), "/p?q=1");
    EXPECT_EQ(key.hash, storage::hash_key(key.text, 7));
    EXPECT_NE(key.hash, storage::hash_key(key.text, 8));
}

struct Case {
    const char* id;
    const char* request;
    const char* behind;
};

const Case by_field[] = {
    {"absent", "", " Accept-Language"},
    {"empty", "Accept-Language:", " Accept-Language="},
    {"a value", "accept-language: de", " Accept-Language=de"},
    {"values compare with case", "Accept-Language: DE", " Accept-Language=DE"},
    {"space, percent sign and above", "Accept-Language: a b%20\xc3\xa4\x7f", " Accept-Language=a%20b%2520%C3%A4%7F"},
    {"a tab", "Accept-Language: a\tb", " Accept-Language=a%09b"},
    {"several lines", "Accept-Language: de\nAccept-Language: en", " Accept-Language=de%0Aen"},
    {"what looks like another field", "Accept-Language: x Other=1", " Accept-Language=x%20Other=1"},
};

TEST(Key, HasTheValueOfEachKeyFieldBehindTheUrl) {
    for (const Case& c : by_field) {
        EXPECT_EQ(key_text(c.request, keyed_by({"Accept-Language"})), std::string("http://a.example/p?q=1") + c.behind)
            << c.id;
    }
}

const Case by_cookie[] = {
    {"no cookies", "", " Cookie.lang"},
    {"other cookies", "Cookie: language=x; xlang=y; lan=z", " Cookie.lang"},
    {"a value", "Cookie: a=1; lang=de; b=2", " Cookie.lang=de"},
    {"an empty value", "Cookie: lang=", " Cookie.lang="},
    {"a name alone is no cookie of that name", "Cookie: lang", " Cookie.lang"},
    {"names compare with case", "Cookie: Lang=de", " Cookie.lang"},
    {"all of them count", "Cookie: lang=de; lang=en", " Cookie.lang=de;en"},
    {"in a second line", "Cookie: a=1\nCookie: lang=de", " Cookie.lang=de"},
    {"an equals sign in the value", "Cookie: lang=a=b", " Cookie.lang=a=b"},
    {"white space in the value", "Cookie: lang=a b;x=1", " Cookie.lang=a%20b"},
};

TEST(Key, HasTheValueOfEachKeyCookieBehindTheFields) {
    for (const Case& c : by_cookie) {
        EXPECT_EQ(key_text(c.request, keyed_by({}, {"lang"})), std::string("http://a.example/p?q=1") + c.behind)
            << c.id;
    }
}

TEST(Key, HasFieldsAndCookiesInTheOrderOfTheStrategy) {
    EXPECT_EQ(key_text("B: 2\nA: 1\nCookie: d=4; c=3", keyed_by({"A", "X", "B"}, {"c", "d"})),
              "http://a.example/p?q=1 A=1 X B=2 Cookie.c=3 Cookie.d=4");
}

TEST(Key, TwoRequestsThatDifferNeverShareIt) {
    const auto strategy = keyed_by({"A", "B"}, {"c"});
    std::map<std::string, std::string> seen;
    for (const std::string a : {"", "A:\n", "A: 1\n", "A: 1 B\n", "A: 1 B=2\n", "A: 1%20B\n", "A: %\n"}) {
        for (const std::string b : {"", "B:\n", "B: 2\n", "B: 2 Cookie.c=3\n", "B: =2\n"}) {
            for (const std::string c : {"", "Cookie: c=\n", "Cookie: c=3\n", "Cookie: c= B\n"}) {
                std::string request = a + b + c;
                if (!request.empty()) request.pop_back();
                const auto [other, fresh] = seen.emplace(key_text(request, strategy), request);
                EXPECT_TRUE(fresh) << request << " has the key of " << other->second;
            }
        }
    }
}

TEST(KeyText, IsTakenApartAgain) {
    const std::string_view text = "http://a.example:81/p/x?q=/1 A=/b";
    const std::size_t offset = path_offset(text);
    EXPECT_EQ(offset, std::string_view("http://a.example:81").size());
    EXPECT_EQ(authority_of(text, offset), "a.example:81");
    EXPECT_EQ(path_of(text, offset), "/p/x");
    EXPECT_EQ(path_of("http://a/p A=1", 8), "/p");
    EXPECT_EQ(path_of("http://a/p", 8), "/p");
}

TEST(KeyText, ThatIsNoAbsoluteUrlHasNoPath) {
    for (const char* text : {"", "/p", "a.example/p", "http://a.example", "http:/p"}) {
        EXPECT_EQ(path_offset(text), std::string_view::npos) << text;
    }
}

}  // namespace
}  // namespace larder::policy
