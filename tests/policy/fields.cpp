#include "policy/fields.h"

#include <gtest/gtest.h>

#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

TEST(Fields, NamesCompareWithoutCaseInAsciiOnly) {
    EXPECT_TRUE(same_name("Cache-Control", "cACHE-cONTROL"));
    EXPECT_TRUE(same_name("", ""));
    EXPECT_FALSE(same_name("Cache-Control", "Cache-Contro"));
    EXPECT_FALSE(same_name("\xc4", "\xe4"));
    EXPECT_FALSE(same_name("@", "`"));
    EXPECT_FALSE(same_name("[", "{"));
    EXPECT_EQ(lower("ABYZ@[\xc4-09"), "abyz@[\xc4-09");
}

TEST(Fields, TokenIsThatOfRfc9110) {
    EXPECT_TRUE(is_token("!#$%&'*+-.^_`|~09azAZ"));
    for (const char* text : {"", " ", "a b", "a\t", "a,", "a=", "\"a\"", "a;", "a:", "(a)", "\x7f", "\xe4", "{", "@"}) {
        EXPECT_FALSE(is_token(text)) << text;
    }
    EXPECT_FALSE(is_token(std::string_view("a\0b", 3)));
}

TEST(Fields, TrimmedTakesSpaceAndTabOnly) {
    EXPECT_EQ(trimmed(" \t a b\t "), "a b");
    EXPECT_EQ(trimmed(" \t "), "");
    EXPECT_EQ(trimmed("\ra\n"), "\ra\n");
}

TEST(Fields, LinesOfOneNameAreFoundCountedAndCombined) {
    const Fields fields = fields_of("A: 1\nB: 2\na: 3\nC:");
    EXPECT_EQ(fields.value("a"), "1");
    EXPECT_EQ(fields.count("A"), 2U);
    EXPECT_EQ(fields.combined("A"), "1, 3");
    EXPECT_EQ(fields.combined("C"), "");
    EXPECT_EQ(fields.combined("D"), std::nullopt);
    EXPECT_TRUE(fields.has("c"));
    EXPECT_EQ(fields.value("D"), "");
    EXPECT_FALSE(fields.has("D"));
}

TEST(Fields, ListElementsAreSplitAtCommasOutsideQuotes) {
    const struct {
        const char* id;
        const char* text;
        std::vector<std::string> elements;
    } cases[] = {
        {"plain", "A: a,b ,\tc", {"a", "b", "c"}},
        {"empty elements", "A: ,a,, ,b,", {"a", "b"}},
        {"quoted comma", "A: x=\"a,b\", c", {"x=\"a,b\"", "c"}},
        {"escaped quote", "A: x=\"a\\\",b\", c", {"x=\"a\\\",b\"", "c"}},
        {"quote left open", "A: x=\"a, c", {"x=\"a, c"}},
        {"quote open at the line's end", "A: x=\"a\nA: c", {"x=\"a", "c"}},
        {"backslash outside quotes", "A: a\\,b", {"a\\", "b"}},
        {"escape at the end", "A: \"a\\", {"\"a\\"}},
        {"several lines", "A: a\nB: x\na: b,c", {"a", "b", "c"}},
        {"none", "A:", {}},
    };
    for (const auto& test : cases) {
        std::vector<std::string> found;
        for_each_element(fields_of(test.text), "A", [&](std::string_view element) {
            found.emplace_back(element);
            return true;
        });
        EXPECT_EQ(found, test.elements) << test.id;
    }
}

TEST(Fields, IterationStopsWhenToldAcrossLines) {
    int calls = 0;
    for_each_element(fields_of("A: a, b\nA: c"), "A", [&](std::string_view) { return ++calls < 2; });
    EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace larder::policy
