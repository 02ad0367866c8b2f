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

TEST(Vary, RequestsMatchByNormalisedValues) {
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
        {"white space round commas", {"foo"}, "Foo: 1, 2", "Foo: 1 ,\t2", true},
        {"no white space round commas", {"foo"}, "Foo: 1, 2", "Foo: 1,2", true},
        {"white space elsewhere", {"foo"}, "Foo: 1 2", "Foo: 1  2", false},
        {"lines combine", {"foo"}, "Foo: 1, 2", "Foo: 1\nX: y\nfoo: 2", true},
        {"an empty line counts", {"foo"}, "Foo: 1", "Foo: 1\nFoo:", false},
        {"an empty member counts", {"foo"}, "Foo: 1,,2", "Foo: 1,2", false},
        {"order counts", {"foo"}, "Foo: 1, 2", "Foo: 2, 1", false},
        {"quoted comma", {"foo"}, "Foo: \"1, 2\"", "Foo: \"1,2\"", false},
        {"case counts", {"foo"}, "Foo: a", "Foo: A", false},
        {"but not in Accept-Language", {"accept-language"}, "Accept-Language: en-GB", "Accept-Language: EN-gb", true},
        {"nor in Accept-Encoding", {"accept-encoding"}, "Accept-Encoding: GZip, br", "Accept-Encoding: gzip,BR", true},
        {"values do not cross fields", {"x-a", "x-b"}, "X-A: p\nX-B: q", "X-A: q\nX-B: p", false},
        {"a comma is no second field", {"x-a", "x-b"}, "X-A: 1, q", "X-A: 1\nX-B: q", false},
        {"no names", {}, "Foo: 1", "Foo: 2", true},
    };
    for (const auto& test : cases) EXPECT_EQ(same(test.names, test.stored_for, test.asked), test.matches) << test.id;
}

TEST(Vary, SelectedFieldsAreStoredNormalised) {
    const auto fields =
        select_fields({"foo", "accept-language", "bar"}, fields_of("FOO: A ,b\nAccept-Language: En\nfoo: c"));
    const std::vector<storage::VaryField> expected = {
        {"foo", "A,b,c"}, {"accept-language", "en"}, {"bar", std::nullopt}};
    EXPECT_EQ(fields, expected);
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
