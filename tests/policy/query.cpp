#include "policy/query.h"

#include <gtest/gtest.h>

#include "tests/policy/purging.h"

namespace larder::policy {
namespace {

struct Case {
    const char* id;
    const char* pattern;
    const char* query;
    const char* selected;
};

const Case cases[] = {
    {"only what is included", "/?q&page", "q=1&x=2&page=3", "page=3&q=1"},
    {"all but what is excluded", "/?!utm_source", "b=2&utm_source=x&a=1", "a=1&b=2"},
    {"a prefix stands for any rest", "/?!utm_*", "utm_a=1&utm_=2&utm=3&a=4", "a=4&utm=3"},
    {"an included prefix", "/?p*", "q=1&page=2&p=3", "p=3&page=2"},
    {"excluded wins over included", "/?p*&!page", "page=1&per=2", "per=2"},
    {"nothing is left", "/?q", "x=1&y=2", ""},
    {"no query", "/?q", "", ""},
    {"sorted by name, not by value", "/?a&b", "b=1&a=9&b=0", "a=9&b=1&b=0"},
    {"parameters of one name keep their order", "/?a", "a=3&a=1&a=2", "a=3&a=1&a=2"},
    {"empty parameters go", "/?!x", "&&a=1&&b=2&", "a=1&b=2"},
    {"a name without a value is another parameter than one with none", "/?a", "a&a=", "a&a="},
    {"only the first equals sign ends the name", "/?a", "a=b=c", "a=b=c"},
    {"a semicolon separates nothing", "/?a", "a=1;b=2&b=3", "a=1;b=2"},
    {"a semicolon in a name", "/?a", "a;b=1", ""},
    {"an encoded spelling is another name", "/?!utm_x", "%75tm_x=1&utm_x=2", "%75tm_x=1"},
    {"names compare with case", "/?q", "Q=1&q=2", "q=2"},
    {"an empty name", "/?!x", "=1&a=2", "=1&a=2"},
};

TEST(Query, KeepsTheSelectedParametersInStableOrder) {
    for (const Case& c : cases) {
        const auto pattern = pattern_of(c.pattern);
        ASSERT_TRUE(pattern.query) << c.id;
        std::string out = "before?";
        append_selected(out, c.query, *pattern.query);
        EXPECT_EQ(out, std::string("before?") + c.selected) << c.id;
    }
}

TEST(Query, SelectingAgainChangesNothing) {
    for (const Case& c : cases) {
        const auto pattern = pattern_of(c.pattern);
        std::string once, twice;
        append_selected(once, c.query, *pattern.query);
        append_selected(twice, once, *pattern.query);
        EXPECT_EQ(twice, once) << c.id;
    }
}

}  // namespace
}  // namespace larder::policy
