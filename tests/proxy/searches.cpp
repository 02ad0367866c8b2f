#include "proxy/searches.h"

#include <gtest/gtest.h>

#include "tests/policy/exchange.h"
#include "tests/proxy/scratch.h"
#include "tests/storage/memory_fixture.h"

namespace larder::proxy {
namespace {

constexpr std::uint64_t seed = 9;

const policy::Fields params = policy::fields_of("No-Vary-Search: params=(\"x\")");
const policy::Fields others = policy::fields_of("No-Vary-Search: params=(\"y\")");
const policy::Fields nothing;

std::shared_ptr<storage::Object> marked(Searches& searches, const char* key, const policy::Fields& response,
                                        policy::Sequence ticket) {
    auto object = storage::make({.ticket = ticket});
    if (auto mark = searches.mark(key, response)) object->tags.push_back(*mark);
    return object;
}

TEST(Searches, KnowWhereAnEquivalentMayBe) {
    Searches searches(seed);
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
    Searches searches(seed);
    searches.learn("http://a/p?x=1 Accept=1", params);
    EXPECT_EQ(searches.equivalent("http://a/p?x=2 Accept=1"), "http://a/p?x=1 Accept=1");
    EXPECT_EQ(searches.equivalent("http://a/p?x=2 Accept=2"), "");
    EXPECT_EQ(searches.equivalent("http://a/p?x=2"), "");
}

TEST(Searches, WhatAnotherResponseOfThePathSaysTakesNothingBack) {
    Searches searches(seed);
    searches.learn("http://a/p?x=1&y=1", params);
    searches.learn("http://a/p?y=2", others);
    searches.learn("http://a/p?z=1", nothing);
    EXPECT_EQ(searches.equivalent("http://a/p?x=3&y=1"), "http://a/p?x=1&y=1");
    EXPECT_EQ(searches.equivalent("http://a/p?y=3"), "http://a/p?y=2");
}

TEST(Searches, LongUrlsAreMarkedButNotLearnt) {
    Searches searches(seed);
    const std::string url = "http://a/p?x=" + std::string(1024, 'a');
    searches.learn(url, params);
    EXPECT_EQ(searches.equivalent("http://a/p?x=2"), "");
    EXPECT_EQ(searches.mark(url, params), searches.mark("http://a/p?x=2", params));
}

TEST(Searches, EqualUrlsHaveOneMark) {
    Searches searches(seed);
    const auto mark = searches.mark("http://a/p?x=1&y=1", params);
    ASSERT_TRUE(mark);
    EXPECT_EQ(searches.mark("https://a:80/p?y=1 Accept=1", params), mark);
    for (const char* other : {"http://a/p?y=2", "http://a/q?y=1", "http://b/p?y=1", "http://a:81/p?y=1"}) {
        EXPECT_NE(searches.mark(other, params), mark) << other;
    }
    EXPECT_NE(searches.mark("http://a/p?x=1&y=1", others), mark);
    EXPECT_EQ(searches.mark("http://a/p?y=1", nothing), std::nullopt);
    EXPECT_EQ(searches.variances().size(), 2u);
}

TEST(Searches, MoreThan32VariancesAreNotObeyed) {
    Searches searches(seed);
    for (int i = 0; i < 40; ++i) {
        const std::string text = "No-Vary-Search: params=(\"p" + std::to_string(i) + "\")";
        const auto response = policy::fields_of(text);
        const std::string url = "http://a/" + std::to_string(i) + "?b=1";
        EXPECT_EQ(searches.mark(url, response).has_value(), i < 32) << i;
        searches.learn(url, response);
        EXPECT_EQ(searches.equivalent(url + "&p" + std::to_string(i)).empty(), i >= 32) << i;
    }
    EXPECT_EQ(searches.variances().size(), 32u);
}

TEST(Searches, CoverWhatTheyHaveMarked) {
    Searches searches(seed, 10);
    const auto object = marked(searches, "http://a/p?x=1", params, 11);
    EXPECT_TRUE(searches.covers(*object));
    EXPECT_TRUE(searches.covers(*storage::make()));
    object->ticket = 9;  // of a process before, whose invalidations may have missed it
    EXPECT_FALSE(searches.covers(*object));
    EXPECT_FALSE(Searches(seed, 10).covers(*marked(searches, "http://a/p?x=1", params, 11)));
}

TEST(Searches, VariancesOutliveTheProcess) {
    const Scratch scratch;
    const std::string file = scratch / "searches";
    std::shared_ptr<storage::Object> stored;
    {
        Searches first(seed, 10);
        first.keep(file);
        stored =
            marked(first, "http://a/p?x=1", policy::fields_of("No-Vary-Search: params, except=(\"b %22\" \"a+\")"), 11);
    }
    Searches second(seed, 20);
    second.keep(file);
    EXPECT_EQ(second.variances(), (std::vector<policy::SearchVariance>{{false, true, {"a ", "b \""}}}));
    EXPECT_TRUE(second.covers(*stored));
    // Known to another process later: what came between may have missed it.
    scratch.write("searches",
                  scratch.content("searches") + "25 params, except=(\"a%20\" \"b%20%22\")\nnot a line\n9 nothing\n");
    Searches third(seed, 30);
    third.keep(file);
    EXPECT_EQ(third.variances().size(), 1u);
    EXPECT_FALSE(third.covers(*stored));
    stored->ticket = 25;
    EXPECT_TRUE(third.covers(*stored));
}

TEST(Searches, WhatAProcessBesideThisOneComesToKnowLaterDidNotReachThatOnesDays) {
    const Scratch scratch;
    const std::string file = scratch / "searches";
    Searches before(seed, 10), after(seed, 20);
    before.keep(file);
    after.keep(file);
    const auto stored = marked(before, "http://a/p?x=1", params, 12);  // `after` serves already
    EXPECT_FALSE(after.covers(*stored));
    Searches next(seed, 30);
    next.keep(file);
    EXPECT_FALSE(next.covers(*stored));
    EXPECT_EQ(next.variances().size(), 1u);
    stored->ticket = 20;
    EXPECT_TRUE(next.covers(*stored));
}

}  // namespace
}  // namespace larder::proxy
