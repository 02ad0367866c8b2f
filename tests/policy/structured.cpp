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

}  // namespace
}  // namespace larder::policy
