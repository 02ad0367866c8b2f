#include "config/pattern.h"

#include <gtest/gtest.h>

namespace larder::config {
namespace {

using Kind = Segment::Kind;

PathPattern parsed(std::string_view text) {
    auto result = parse_pattern(text);
    EXPECT_TRUE(std::holds_alternative<PathPattern>(result)) << text;
    return std::holds_alternative<PathPattern>(result) ? std::get<PathPattern>(result) : PathPattern{};
}

TEST(Pattern, IsCutIntoHostSegmentsAndQuery) {
    const PathPattern pattern = parsed("Api.Example.com/api/{resource_id}/*/**?q&page*&!utm_*");
    EXPECT_EQ(pattern.host, "api.example.com");
    EXPECT_EQ(pattern.segments,
              (std::vector<Segment>{
                  {Kind::literal, "api"}, {Kind::named, "resource_id"}, {Kind::any, ""}, {Kind::rest, ""}}));
    ASSERT_TRUE(pattern.query);
    EXPECT_EQ(pattern.query->include, (std::vector<QuerySelection::Name>{{"q", false}, {"page", true}}));
    EXPECT_EQ(pattern.query->exclude, (std::vector<QuerySelection::Name>{{"utm_", true}}));
    EXPECT_EQ(pattern.text, "Api.Example.com/api/{resource_id}/*/**?q&page*&!utm_*");
}

struct HostCase {
    const char* text;
    const char* host;
};

TEST(Pattern, HostIsOptionalAndCanonical) {
    for (const auto& [text, host] :
         {HostCase{"/a", ""}, HostCase{"*.Example.com/a", "*.example.com"}, HostCase{"192.0.2.1/a", "192.0.2.1"},
          HostCase{"[2001:DB8:0::1]/a", "[2001:db8::1]"}}) {
        EXPECT_EQ(parsed(text).host, host) << text;
    }
}

struct LiteralCase {
    const char* text;
    std::vector<std::string> literals;
};

// RFC 3986 section 6.2.2: unreserved octets are decoded, others keep their encoding with upper-case digits.
TEST(Pattern, LiteralsAreNormalised) {
    const LiteralCase all[] = {
        {"/", {""}},
        {"/a/", {"a", ""}},
        {"/%7euser", {"~user"}},
        {"/a%2fb", {"a%2Fb"}},
        {"/%41%2d%5f", {"A-_"}},
        {"/a%2Ab;v=1,2", {"a%2Ab;v=1,2"}},
        {"/c%C3%a9", {"c%C3%A9"}},
    };
    for (const LiteralCase& one : all) {
        std::vector<std::string> literals;
        for (const Segment& segment : parsed(one.text).segments) {
            EXPECT_EQ(segment.kind, Kind::literal);
            literals.push_back(segment.text);
        }
        EXPECT_EQ(literals, one.literals) << one.text;
    }
}

struct ErrorCase {
    std::string text;
    std::size_t position;
};

TEST(Pattern, ErrorsNameTheirPosition) {
    const ErrorCase all[] = {
        {"", 0},
        {"api", 0},
        {"http://a/b", 0},
        {"a..b/x", 0},
        {"*/x", 0},
        {"a b/x", 0},
        {"*.1.2.3.4/x", 0},
        {"/a//b", 3},
        {"/a/**/b", 3},
        {"/a/b*", 4},
        {"/a/**b", 3},
        {"/a/{}", 3},
        {"/a/{1}", 3},
        {"/a/{b}c", 3},
        {"/a/x{b}", 4},
        {"/{a}/{a}", 5},
        {"/a/./b", 3},
        {"/a/%2E%2e", 3},
        {"/a%00", 1},
        {"/a%", 2},
        {"/a%zz", 2},
        {"/a#b", 2},
        {"/a\\b", 2},
        {"/\xc3\xa9", 1},
        {"/a?", 3},
        {"/a?q&&p", 5},
        {"/a?q=1", 3},
        {"/a?q**", 3},
        {"/a?!!q", 3},
        {"/a?!", 3},
        {"/" + std::string(200, 'a'), 200},
    };
    for (const ErrorCase& one : all) {
        const auto result = parse_pattern(one.text);
        const auto* error = std::get_if<PatternError>(&result);
        ASSERT_TRUE(error) << one.text;
        EXPECT_EQ(error->position, one.position) << one.text;
        EXPECT_FALSE(error->found.empty());
        EXPECT_FALSE(error->expected.empty());
    }
}

TEST(Pattern, TwoHundredCharactersAreAllowed) {
    EXPECT_EQ(parsed("/" + std::string(199, 'a')).segments.size(), 1u);
}

TEST(TieKey, IsSharedByPatternsThatSelectTheSame) {
    EXPECT_EQ(tie_key(parsed("/w/{id}")), tie_key(parsed("/w/*?q")));
    EXPECT_EQ(tie_key(parsed("A.example/%7e")), tie_key(parsed("a.example/~")));
    EXPECT_NE(tie_key(parsed("/w/*")), tie_key(parsed("/w/**")));
    EXPECT_NE(tie_key(parsed("/w")), tie_key(parsed("/w/")));
    EXPECT_NE(tie_key(parsed("a.example/w")), tie_key(parsed("/w")));
    EXPECT_NE(tie_key(parsed("/w/*/x")), tie_key(parsed("/w/x/*")));
}

struct OverlapCase {
    const char* a;
    const char* b;
    bool overlap;
};

TEST(Overlap, HoldsWhenSomeRequestIsSelectedByBoth) {
    const OverlapCase all[] = {
        {"/a", "/a", true},
        {"/a", "/b", false},
        {"/a/*", "/*/b", true},
        {"/a/**", "/a", false},
        {"/a/**", "/a/", true},
        {"/**", "/a/b/c", true},
        {"/a/{x}/c", "/a/b", false},
        {"a.example/x", "/x", true},
        {"a.example/x", "b.example/x", false},
        {"*.example/x", "a.example/x", true},
        {"*.example/x", "example/x", false},
        {"*.a.example/x", "*.example/x", true},
        {"*.a.example/x", "*.b.example/x", false},
    };
    for (const OverlapCase& one : all) {
        EXPECT_EQ(overlap(parsed(one.a), parsed(one.b)), one.overlap) << one.a << " and " << one.b;
        EXPECT_EQ(overlap(parsed(one.b), parsed(one.a)), one.overlap) << one.b << " and " << one.a;
    }
}

TEST(NormalisePath, RefusesWhatIsNoPath) {
    EXPECT_EQ(normalise_path("/a%7e/%2f"), "/a~/%2F");
    for (const char* bad : {"", "a", "/a b", "/a?b", "/a%2", "/a#"})
        EXPECT_EQ(normalise_path(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace larder::config
