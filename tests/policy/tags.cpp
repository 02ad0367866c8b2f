#include "policy/tags.h"

#include <gtest/gtest.h>

#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

using Tags = std::vector<std::string>;

TEST(Tags, EachFieldHasItsSeparator) {
    const struct {
        const char* text;
        Tags tags;
    } cases[] = {
        {"X: y", {}},
        {"Surrogate-Key: a  b,c\td", {"a", "b,c", "d"}},
        {"Cache-Tag: a b , c,,", {"a b", "c"}},
        {"xkey: a b,c ,, d", {"a", "b", "c", "d"}},
        {"XKEY: a\nxkey: b", {"a", "b"}},
        {"Cache-Groups: \"a, b\", \"c\";x=1", {group_tag("a, b"), group_tag("c")}},
        {"Cache-Groups: \"a\"\nCache-Groups: \"b\"", {group_tag("a"), group_tag("b")}},
        {"Cache-Groups: \"a\", \"a\"\nCache-Tag: a", {"a", group_tag("a")}},
        {"Cache-Groups: \"a\", b", {}},
        {"Cache-Groups: \"a\"\nCache-Groups: b", {}},
        {"Cache-Tag: \"a,b\"", {"\"a", "b\""}},
        {"Cache-Tag: a, b, a\nSurrogate-Key: b c A", {"a", "b", "c", "A"}},
        {"Cache-Groups: \"\"", {}},
    };
    for (const auto& test : cases) EXPECT_EQ(tags(fields_of(test.text)), test.tags) << test.text;
}

TEST(Tags, AGroupIsNotTheTagOfItsNameThoughItIsShownAsOne) {
    EXPECT_NE(group_tag("a"), "a");
    EXPECT_EQ(tag_names({"a", group_tag("b"), group_tag("a"), "c", std::string("\x01") + "mark"}),
              (Tags{"a", "b", "c"}));
    EXPECT_EQ(tags_named("a"), (Tags{"a", group_tag("a")}));
}

std::string numbered(int count, std::size_t length) {
    std::string text = "xkey:";
    for (int i = 0; i < count; ++i) {
        std::string tag = std::to_string(i);
        tag.resize(length, 'x');
        text += " " + tag;
    }
    return text;
}

TEST(Tags, BeyondTheLimitsThereAreNone) {
    EXPECT_EQ(tags(fields_of(numbered(8192, 4)))->size(), 8192U);
    EXPECT_EQ(tags(fields_of(numbered(8193, 4))), std::nullopt);
    EXPECT_EQ(tags(fields_of(numbered(1, 1024)))->size(), 1U);
    EXPECT_EQ(tags(fields_of(numbered(1, 1025))), std::nullopt);
    EXPECT_EQ(tags(fields_of(numbered(64, 1024)))->size(), 64U);
    EXPECT_EQ(tags(fields_of(numbered(65, 1024))), std::nullopt);
    std::string repeated = "xkey:";
    for (int i = 0; i < 5000; ++i) repeated += " a";
    EXPECT_EQ(tags(fields_of(repeated)), Tags{"a"});
}

}  // namespace
}  // namespace larder::policy
