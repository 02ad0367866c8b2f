#include "policy/structured.h"

#include <gtest/gtest.h>

namespace larder::policy {
namespace {

// RFC 8941 sections 3.1, 3.3.3 and 4.2.
TEST(Structured, ListsOfStrings) {
    const struct {
        const char* text;
        std::vector<std::string> strings;
    } cases[] = {
        {"", {}},
        {"  ", {}},
        {"\"a\"", {"a"}},
        {" \"a\" , \"b\"\t,\t\"c\" ", {"a", "b", "c"}},
        {"\"a\"\t", {"a"}},
        {"\"a, b\",\"\"", {"a, b", ""}},
        {"\"\\\"\\\\\"", {"\"\\"}},
        {"\"a\";x;y=1;z=\"b\", \"c\"", {"a", "c"}},
        {"\"a\"; *x-_.*=tok/en:*;y=?1;z=:YQ==:;d=1.5;n=-12", {"a"}},
    };
    for (const auto& test : cases) EXPECT_EQ(parse_string_list(test.text), test.strings) << test.text;
}

TEST(Structured, AnythingElseIsNothing) {
    for (const char* text : {"a",
                             "1",
                             "\"a",
                             "\"a\",",
                             "\"a\", ,\"b\"",
                             ",\"a\"",
                             "\"a\" \"b\"",
                             "\"a\", b",
                             "(\"a\")",
                             "\"\\a\"",
                             "\"a\\",
                             "\"\xe4\"",
                             "\"\t\"",
                             "\"a\";",
                             "\"a\";X",
                             "\"a\";x=",
                             "\"a\";x=?2",
                             "\"a\";x=:a",
                             "\"a\";x=1.",
                             "\"a\";x=1.1234",
                             "\"a\";x=1234567890123456",
                             "\"a\";x=-",
                             "\"a\" ;x",
                             "\"a\";x=(1)",
                             "\t\"a\"",
                             "\"a\";x=\"b"}) {
        EXPECT_EQ(parse_string_list(text), std::nullopt) << text;
    }
}

TEST(Dictionary, HasMembersOfEveryType) {
    using Kind = DictionaryMember::Kind;
    const auto members =
        parse_dictionary("a, b=?0, c=-12;p=1, d=\"x\\\"y\", e=tok/en;q, f=1.5, g=(1 \"a\";b c), h=:YQ==:");
    ASSERT_TRUE(members);
    EXPECT_EQ(*members, (std::vector<DictionaryMember>{{"a", Kind::boolean, 1, ""},
                                                       {"b", Kind::boolean, 0, ""},
                                                       {"c", Kind::integer, -12, ""},
                                                       {"d", Kind::text, 0, "x\"y"},
                                                       {"e", Kind::text, 0, "tok/en"},
                                                       {"f", Kind::other, 0, ""},
                                                       {"g", Kind::other, 0, ""},
                                                       {"h", Kind::other, 0, ""}}));
}

TEST(Dictionary, TheLastOfTwoCounts) {
    const auto members = parse_dictionary(" max-age=1 ,\tb,max-age=2 ");
    ASSERT_TRUE(members);
    ASSERT_EQ(members->size(), 2u);
    EXPECT_EQ(members->back().key, "max-age");
    EXPECT_EQ(members->back().integer, 2);
    EXPECT_TRUE(parse_dictionary("")->empty());
}

TEST(Dictionary, HasALimitOfBytesAndOfMembers) {
    std::string members = "a";
    for (int i = 1; i < 128; ++i) members += ",a" + std::to_string(i);
    EXPECT_EQ(parse_dictionary(members)->size(), 128U);
    EXPECT_FALSE(exceeds_dictionary(members));
    EXPECT_TRUE(exceeds_dictionary(members + ",a"));
    EXPECT_FALSE(parse_dictionary(members + ",a"));
    const std::string longest = "a=\"" + std::string(max_dictionary_bytes - 4, 'x') + '"';
    EXPECT_TRUE(parse_dictionary(longest));
    EXPECT_FALSE(exceeds_dictionary(longest));
    EXPECT_TRUE(exceeds_dictionary(longest + " "));
    EXPECT_FALSE(parse_dictionary(longest + " "));
}

TEST(Dictionary, IsNothingWhenAnyOfItIsIllFormed) {
    for (const char* text :
         {"A",      "max-age", "max-age=", "max-age= 1", "max-age=1,",         ",a",  "a b",  "a=1 b",
          "a=(1",   "a=(1,2)", "a=\"x",    "a=?2",       "a=1234567890123456", "a=-", "a=1.", "a;B",
          "a=1;;b", "1a",      "a==1",     "a=@1"}) {
        const bool fine = std::string_view(text) == "max-age";
        EXPECT_EQ(parse_dictionary(text).has_value(), fine) << text;
    }
}

}  // namespace
}  // namespace larder::policy
