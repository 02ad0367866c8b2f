#include "policy/vary.h"

#include <gtest/gtest.h>

#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

using Names = std::vector<std::string>;

TEST(Vary, NamesAreLowerCaseAndSingle) {
    EXPECT_EQ(vary_names(fields_of("Vary: Foo, BAR,, foo\nVary: baz , bar")), (Names{"foo", "bar", "baz"}));
    EXPECT_EQ(vary_names(fields_of("Vary:")), Names());
    EXPECT_EQ(vary_names(fields_of("X: y")), Names());
}

// RFC 9111 section 4.1.
TEST(Vary, StarAnywhereMatchesNothing) {
    for (const char* text :
         {"Vary: *", "Vary: *, foo", "Vary: foo, *", "Vary: *, *", "Vary: , *", "Vary: *,", "Vary: foo\nVary: *",
          "Vary: *\nVary: foo", "Vary: foo bar", "Vary: \"foo\"", "Vary: foo;q=1"}) {
        EXPECT_EQ(vary_names(fields_of(text)), std::nullopt) << text;
    }
}

bool same(const Names& names, std::string_view stored_for, std::string_view asked) {
    return vary_matches(select_fields(names, fields_of(stored_for)), fields_of(asked));
}

TEST(Vary, RequestsMatchByWhatTheOriginGets) {
    const struct {
        const char* id;
        Names names;
        const char* stored_for;
        const char* asked;
        bool matches;
    } cases[] = {
        {"same", {"foo"}, "Foo: 1", "Foo: 1", true},
        {"other value", {"foo"}, "Foo: 1", "Foo: 2", false},
        {"prefix", {"foo"}, "Foo: 12", "Foo: 1", false},
        {"longer", {"foo"}, "Foo: 1", "Foo: 12", false},
        {"name in other case", {"foo"}, "FOO: 1", "foo: 1", true},
        {"both absent", {"foo"}, "", "", true},
        {"absent, then there", {"foo"}, "", "Foo: 1", false},
        {"there, then absent", {"foo"}, "Foo: 1", "", false},
        {"absent, then empty", {"foo"}, "", "Foo:", false},
        {"empty, then absent", {"foo"}, "Foo:", "", false},
        {"both empty", {"foo"}, "Foo:", "Foo:", true},
        {"other fields are free", {"foo"}, "Foo: 1\nBar: 1", "Foo: 1\nBar: 2", true},
        {"all of several", {"foo", "bar"}, "Foo: 1\nBar: a", "Bar: a\nFoo: 1", true},
        {"one of several differs", {"foo", "bar"}, "Foo: 1\nBar: a", "Foo: 1\nBar: b", false},
        {"white space round commas", {"foo"}, "Foo: 1, 2", "Foo: 1 ,\t2", false},
        {"no white space round commas", {"foo"}, "Foo: 1, 2", "Foo: 1,2", false},
        {"white space elsewhere", {"foo"}, "Foo: 1 2", "Foo: 1  2", false},
        {"lines are no list", {"foo"}, "Foo: 1, 2", "Foo: 1\nX: y\nfoo: 2", false},
        {"the same lines", {"foo"}, "Foo: 1\nfoo: 2", "Foo: 1\nX: y\nfoo: 2", true},
        {"other lines", {"foo"}, "Foo: 1\nFoo: 23", "Foo: 12\nFoo: 3", false},
        {"fewer lines", {"foo"}, "Foo: 1\nFoo: 2", "Foo: 1", false},
        {"an empty line counts", {"foo"}, "Foo: 1", "Foo: 1\nFoo:", false},
        {"an empty member counts", {"foo"}, "Foo: 1,,2", "Foo: 1,2", false},
        {"order counts", {"foo"}, "Foo: 1, 2", "Foo: 2, 1", false},
        {"quoted comma", {"foo"}, "Foo: \"1, 2\"", "Foo: \"1,2\"", false},
        {"case counts", {"foo"}, "Foo: a", "Foo: A", false},
        {"values do not cross fields", {"x-a", "x-b"}, "X-A: p\nX-B: q", "X-A: q\nX-B: p", false},
        {"a comma is no second field", {"x-a", "x-b"}, "X-A: 1, q", "X-A: 1\nX-B: q", false},
        {"no names", {}, "Foo: 1", "Foo: 2", true},
    };
    for (const auto& test : cases) EXPECT_EQ(same(test.names, test.stored_for, test.asked), test.matches) << test.id;
}

TEST(Vary, SelectedFieldsAreStoredAsTheyAre) {
    const auto fields =
        select_fields({"foo", "accept-language", "bar"}, fields_of("FOO: A ,b\nAccept-Language: En\nfoo: c"));
    const std::vector<storage::VaryField> expected = {
        {"foo", "A ,b\nc"}, {"accept-language", "En"}, {"bar", std::nullopt}};
    EXPECT_EQ(fields, expected);
}

// RFC 9842 section 6: the response to one dictionary is of no use to who has another or none.
TEST(Vary, DictionaryCodingsVaryByTheDictionary) {
    EXPECT_EQ(vary_names(fields_of("Content-Encoding: dcb")), (Names{"accept-encoding", "available-dictionary"}));
    EXPECT_EQ(vary_names(fields_of("Content-Encoding: DCZ\nVary: Foo, Accept-Encoding")),
              (Names{"foo", "accept-encoding", "available-dictionary"}));
    EXPECT_EQ(vary_names(fields_of("Content-Encoding: br\nVary: Foo")), (Names{"foo"}));
    EXPECT_EQ(vary_names(fields_of("Content-Encoding: dcb\nVary: *")), std::nullopt);
}

TEST(Vary, AResponseShowsByWhatItVaries) {
    config::StrategyConfiguration strategy;
    const auto names = [&](std::string_view response, std::string_view request) {
        return vary_names(fields_of(response), fields_of(request), strategy);
    };
    const char* const origin = "Origin: https://a.example";
    EXPECT_EQ(names("Content-Encoding: gzip", ""), (Names{"accept-encoding"}));
    EXPECT_EQ(names("Content-Encoding: gzip\nVary: Accept-Encoding", ""), (Names{"accept-encoding"}));
    EXPECT_EQ(names("Content-Encoding: identity", ""), Names());
    EXPECT_EQ(names("Access-Control-Allow-Origin: https://a.example\nVary: X", origin), (Names{"x", "origin"}));
    EXPECT_EQ(names("Access-Control-Allow-Origin: *", origin), Names());
    EXPECT_EQ(names("Access-Control-Allow-Origin: https://b.example", origin), Names());
    EXPECT_EQ(names("Content-Encoding: gzip\nVary: *", ""), std::nullopt);
    strategy.implied_vary = false;
    EXPECT_EQ(names("Content-Encoding: gzip\nAccess-Control-Allow-Origin: https://a.example", origin), Names());
}

TEST(Vary, NothingIsSelectedByWhatLarderWritesUnlessItIsInTheKey) {
    config::StrategyConfiguration strategy;
    for (const char* name : {"x-forwarded-for", "forwarded", "x-forwarded-proto", "via", "cdn-loop", "traceparent",
                             "tracestate", "range", "if-none-match", "if-modified-since"}) {
        EXPECT_EQ(unselectable_name({"accept", name}, strategy), name);
    }
    for (const char* name : {"accept", "host", "user-agent", "x-other", "connection", "cookie"}) {
        EXPECT_EQ(unselectable_name({name}, strategy), "") << name;
    }
    strategy.key_fields = {"X-Forwarded-For"};
    EXPECT_EQ(unselectable_name({"x-forwarded-for"}, strategy), "");
    EXPECT_EQ(unselectable_name({"x-forwarded-for", "forwarded"}, strategy), "forwarded");
}

TEST(Vary, WhatAStrategySaysOfAllFieldsHoldsForThoseItDoesNotName) {
    using config::VaryPolicy;
    config::StrategyConfiguration strategy;
    strategy.vary = {{"*", VaryPolicy::normalise}, {"user-agent", VaryPolicy::bypass}};
    EXPECT_EQ(vary_policy(strategy, "X-Other"), VaryPolicy::normalise);
    EXPECT_EQ(vary_policy(strategy, "User-Agent"), VaryPolicy::bypass);
    strategy.vary = {{"*", VaryPolicy::bypass}};
    EXPECT_EQ(vary_policy(strategy, "x-other"), VaryPolicy::bypass);
    EXPECT_EQ(vary_policy(strategy, "accept-encoding"), VaryPolicy::normalise);
}

TEST(Vary, WhatAStrategySaysOfAFieldHolds) {
    using config::VaryPolicy;
    config::StrategyConfiguration strategy;
    EXPECT_EQ(vary_policy(strategy, "accept-language"), VaryPolicy::normalise);
    EXPECT_EQ(vary_policy(strategy, "user-agent"), VaryPolicy::pass);
    strategy.vary = {{"accept-language", VaryPolicy::pass}, {"user-agent", VaryPolicy::bypass}};
    EXPECT_EQ(vary_policy(strategy, "accept-language"), VaryPolicy::pass);
    EXPECT_EQ(vary_policy(strategy, "accept-encoding"), VaryPolicy::normalise);
    EXPECT_EQ(vary_policy(strategy, "user-agent"), VaryPolicy::bypass);
}

TEST(Vary, TheFirstChoiceOfLanguageNeedsNoOtherVariant) {
    const auto variant = [](const char* language, const char* other) {
        auto object = std::make_shared<storage::Object>();
        object->fields = std::string("Content-Language: ") + language + "\r\n";
        object->vary = {{"foo", other}, {"accept-language", "de, en;q=0.5"}};
        return object;
    };
    storage::VariantSet set;
    set.variants = {variant("de", "1"), variant("en, de", "1")};
    const Fields request = fields_of("Foo: 1\nAccept-Language: fr;q=0.5, de");
    EXPECT_EQ(choose_variant(set, {request, "de"}), set.variants[0].get());
    EXPECT_EQ(choose_variant(set, {request, "en"}), nullptr);
    EXPECT_EQ(choose_variant(set, {request, ""}), nullptr);
    const Fields differs = fields_of("Foo: 2\nAccept-Language: de");
    EXPECT_EQ(choose_variant(set, {differs, "de"}), nullptr);
    // Without Accept-Language in Vary the language has no part in it.
    auto plain = std::make_shared<storage::Object>();
    plain->fields = "Content-Language: de\r\n";
    plain->vary = {{"foo", "3"}};
    set.variants = {plain};
    EXPECT_EQ(choose_variant(set, {differs, "de"}), nullptr);
}

TEST(Vary, OnlyWhatAnAskerOfTheSameLanguageGotAnswersByIt) {
    const struct {
        std::optional<std::string> value;
        bool answers;
    } cases[] = {
        {"de", true},
        {"de, en;q=0.5, *;q=0.1", true},
        {std::nullopt, false},
        {"", false},
        {"*", false},
        {"en, de;q=0.9", false},
        {"de, en", false},  // as much
        {"en", false},
        {"de,en;q=0.5", false},
        {"DE", false},
        {"de;q=1", false},
        {"de;q=1.0, en;q=0.5", false},
        {"en;q=0.5, de", false},
        {"de\"><script>alert(1)</script>", false},
        {"de;q=1;evil", false},
        {"de\nevil", false},
    };
    const Fields request = fields_of("Accept-Language: de, fr;q=0.7");
    for (const auto& test : cases) {
        auto object = std::make_shared<storage::Object>();
        object->fields = "Content-Language: de\r\n";
        object->vary = {{"accept-language", test.value}};
        storage::VariantSet set;
        set.variants = {object};
        EXPECT_EQ(choose_variant(set, {request, "de"}) != nullptr, test.answers) << test.value.value_or("none");
    }
}

TEST(Vary, TheMostRecentMatchIsChosen) {
    const auto variant = [](const char* value, int status) {
        auto object = std::make_shared<storage::Object>();
        object->status = status;
        object->vary = {{"foo", value}};
        return object;
    };
    storage::VariantSet set;
    set.variants = {variant("1", 201), variant("2", 202), variant("2", 203)};
    EXPECT_EQ(choose_variant(set, fields_of("Foo: 2")), set.variants[1].get());
    EXPECT_EQ(choose_variant(set, fields_of("Foo: 3")), nullptr);
    set.variants.push_back(std::make_shared<storage::Object>());  // without Vary
    EXPECT_EQ(choose_variant(set, fields_of("Foo: 3")), set.variants[3].get());
    EXPECT_EQ(choose_variant({}, fields_of("Foo: 3")), nullptr);
}

}  // namespace
}  // namespace larder::policy
