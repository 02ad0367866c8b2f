#include "proxy/searches.h"

#include <gtest/gtest.h>

#include "tests/policy/exchange.h"

namespace larder::proxy {
namespace {

const policy::Fields params = policy::fields_of("No-Vary-Search: params=(\"x\")");
const policy::Fields nothing;

TEST(Searches, KnowWhatAnswersAnEquivalentUrl) {
    Searches searches;
    EXPECT_EQ(searches.equivalent("http://a/p?x=2"), "");
    searches.learn("http://a/p?a=1&x=1", params);
    EXPECT_EQ(searches.equivalent("http://a/p?x=2&a=1"), "http://a/p?a=1&x=1");
    EXPECT_EQ(searches.equivalent("http://a/p?a=1"), "http://a/p?a=1&x=1");
    EXPECT_EQ(searches.equivalent("http://a/p?a=1&x=1"), "");  // itself
    for (const char* other : {"http://a/p?a=2", "http://a/p", "http://a/q?a=1", "http://b/p?a=1", "https://a/p?a=1"}) {
        EXPECT_EQ(searches.equivalent(other), "") << other;
    }
}

TEST(Searches, KeyFieldsStayApart) {
    Searches searches;
    searches.learn("http://a/p?x=1 Accept=1", params);
    EXPECT_EQ(searches.equivalent("http://a/p?x=2 Accept=1"), "http://a/p?x=1 Accept=1");
    EXPECT_EQ(searches.equivalent("http://a/p?x=2 Accept=2"), "");
    EXPECT_EQ(searches.equivalent("http://a/p?x=2"), "");
}

TEST(Searches, TheLastResponseOfAPathDecides) {
    Searches searches;
    searches.learn("http://a/p?x=1", params);
    searches.learn("http://a/p?x=2", params);
    EXPECT_EQ(searches.equivalent("http://a/p?x=3"), "http://a/p?x=2");
    searches.learn("http://a/q", nothing);
    EXPECT_EQ(searches.equivalent("http://a/p?x=3"), "http://a/p?x=2");
    searches.learn("http://a/p?x=4", nothing);
    EXPECT_EQ(searches.equivalent("http://a/p?x=3"), "");
}

TEST(Searches, LongUrlsAreNotLearnt) {
    Searches searches;
    searches.learn("http://a/p?x=" + std::string(1024, 'a'), params);
    EXPECT_EQ(searches.equivalent("http://a/p?x=2"), "");
}

}  // namespace
}  // namespace larder::proxy
