#include "policy/no_vary_search.h"

#include <gtest/gtest.h>

#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

using Names = std::vector<std::string>;

std::optional<SearchVariance> variance(std::string_view value) {
    return search_variance(fields_of("No-Vary-Search: " + std::string(value)));
}

TEST(NoVarySearch, SaysWhichParametersDoNotCount) {
    EXPECT_EQ(variance("key-order"), (SearchVariance{true, false, {}}));
    EXPECT_EQ(variance("params"), (SearchVariance{false, true, {}}));
    EXPECT_EQ(variance("params=(\"a\" \"b\")"), (SearchVariance{false, false, {"a", "b"}}));
    EXPECT_EQ(variance("key-order=?1, params=(\"utm%5fx\" \"a+b\")"), (SearchVariance{true, false, {"a b", "utm_x"}}));
    EXPECT_EQ(variance("params, except=(\"q\")"), (SearchVariance{false, true, {"q"}}));
    EXPECT_EQ(search_variance(fields_of("No-Vary-Search: params\nNo-Vary-Search: except=(\"q\"), key-order")),
              (SearchVariance{true, true, {"q"}}));
}

TEST(NoVarySearch, WhatIsNotOfItsGrammarSaysNothing) {
    for (const char* value :
         {"", "params=(a)", "params=\"a\"", "params=1", "key-order=1", "key-order=(\"a\")", "except=(\"a\")",
          "params=?0, except=(\"a\")", "params=(\"b\"), except=(\"a\")", "params, except=\"a\"", "params, except=(a)",
          "params, unknown", "params=(\"a\" 1)", "params=(\"a\"", "Params"}) {
        EXPECT_EQ(variance(value), std::nullopt) << value;
    }
    for (const char* value : {"key-order=?0", "params=?0", "params=()"})
        EXPECT_EQ(variance(value), std::nullopt) << value;
    std::string many = "params=(";
    for (int i = 0; i < 65; ++i) many += "\"a\" ";
    EXPECT_EQ(variance(many + ")"), std::nullopt);
    EXPECT_EQ(variance("params=(\"" + std::string(2049, 'a') + "\")"), std::nullopt);
    EXPECT_EQ(search_variance(fields_of("A: b")), std::nullopt);
}

TEST(NoVarySearch, IsWrittenInOneWay) {
    EXPECT_EQ(field_value(*variance("params=(\"b\" \"a+\" \"b\"), key-order")), "key-order, params=(\"a%20\" \"b\")");
    for (const char* value : {"key-order", "params", "params, except=(\"a\")", "key-order, params=(\"a%22\" \"b\")"}) {
        EXPECT_EQ(field_value(*variance(value)), value);
    }
    EXPECT_EQ(variance("params=(\"a\"), key-order=" + std::string(4096, ' ') + "?1"), std::nullopt);
    EXPECT_EQ(variance_id(*variance("params=(\"b\" \"a\")"), 1), variance_id(*variance("params=(\"a\" \"b\")"), 1));
    EXPECT_NE(variance_id(*variance("params=(\"a\")"), 1), variance_id(*variance("params=(\"a\")"), 2));
}

TEST(NoVarySearch, AStoredResponseAnswersByItsOwnField) {
    storage::Object object;
    object.fields = "A: b\r\nno-vary-search: params=(\"x\")\r\n";
    EXPECT_FALSE(answers_too(object, "http://a/p?x=1", "http://a/p?x=2"));  // it bears no mark
    object.tags = {"red", search_mark(*variance("params=(\"x\")"), "http://a/p?x=1", 1)};
    EXPECT_TRUE(is_search_mark(object.tags[1]));
    EXPECT_EQ(marked_variance(object.tags), variance_id(*variance("params=(\"x\")"), 1));
    EXPECT_TRUE(answers_too(object, "http://a/p?x=1", "http://a/p?x=2"));
    EXPECT_TRUE(answers_too(object, "http://a/p?x=1", "http://a/p"));
    EXPECT_FALSE(answers_too(object, "http://a/p?x=1", "http://a/p?y=2"));
    EXPECT_FALSE(answers_too(object, "http://a/p?x=1", "http://a/q"));
    object.fields = "No-Vary-Search: params=(\"y\")\r\n";
    EXPECT_FALSE(answers_too(object, "http://a/p?x=1", "http://a/p?x=2"));
}

TEST(NoVarySearch, QueriesThatDifferInWhatDoesNotCountAreEqual) {
    const auto equal = [](std::string_view value, std::string_view a, std::string_view b) {
        return canonical_search(a, *variance(value)) == canonical_search(b, *variance(value));
    };
    EXPECT_TRUE(equal("params=(\"x\")", "a=1&x=2", "x&a=1&x=3"));
    EXPECT_FALSE(equal("params=(\"x\")", "a=1", "a=2"));
    EXPECT_FALSE(equal("params=(\"x\")", "a=1&b=2", "b=2&a=1"));
    EXPECT_TRUE(equal("key-order", "a=1&b=2", "b=2&a=1"));
    EXPECT_FALSE(equal("key-order", "a=1&a=2", "a=2&a=1"));
    EXPECT_TRUE(equal("params", "a=1", ""));
    EXPECT_TRUE(equal("params, except=(\"a\")", "a=1&b=2", "c&a=1"));
    EXPECT_FALSE(equal("params, except=(\"a\")", "a=1", ""));
    EXPECT_TRUE(equal("key-order", "a=%41%20&&", "a=A+"));
    EXPECT_TRUE(equal("key-order", "a", "a="));
    EXPECT_FALSE(equal("key-order", "a=%26b=1", "a=&b=1"));
    EXPECT_TRUE(equal("key-order", "a=%zz%", "a=%25zz%25"));
}

}  // namespace
}  // namespace larder::policy
