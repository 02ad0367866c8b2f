#include "policy/pattern_index.h"

#include <gtest/gtest.h>

#include "tests/policy/purging.h"

namespace larder::policy {
namespace {

PatternIndex index_of(const std::vector<std::string>& patterns) {
    PatternIndex index;
    for (std::uint32_t i = 0; i < patterns.size(); ++i) index.add(pattern_of(patterns[i]), i);
    return index;
}

// From the general to the special, so that order of adding and specificity differ.
const std::vector<std::string> patterns = {
    "/**",                         // 0
    "/api/**",                     // 1
    "/api/*",                      // 2
    "/api/users",                  // 3
    "/api/users/**",               // 4
    "/api/*/photos",               // 5
    "/api/users/{resource_id}",    // 6
    "/*/users/7",                  // 7
    "*.example.com/**",            // 8
    "*.eu.example.com/api/**",     // 9
    "www.eu.example.com/images/*"  // 10
};

struct Case {
    const char* id;
    const char* host;
    const char* path;
    std::vector<std::uint32_t> found;  // the most specific first
};

const Case cases[] = {
    {"root", "h", "/", {0}},
    {"a literal", "h", "/api/users", {3, 2, 1, 0}},
    {"a placeholder", "h", "/api/posts", {2, 1, 0}},
    {"an empty segment is a segment", "h", "/api/", {2, 1, 0}},
    {"nothing below is not all below", "h", "/api", {0}},
    {"a placeholder before all below", "h", "/api/users/7", {6, 4, 1, 7, 0}},
    {"all below", "h", "/api/users/7/x", {4, 1, 0}},
    {"an empty segment below", "h", "/api/users/", {6, 4, 1, 0}},
    {"the left segment decides", "h", "/api/users/photos", {6, 4, 5, 1, 0}},
    {"back from a literal that led nowhere", "h", "/api/groups/photos", {5, 1, 0}},
    {"a literal compares with case", "h", "/API/users", {0}},
    {"a name below", "a.example.com", "/x", {8, 0}},
    {"not the name itself", "example.com", "/x", {0}},
    {"not a name that only ends so", "badexample.com", "/x", {0}},
    {"the longer suffix first", "a.eu.example.com", "/api/x", {9, 8, 2, 1, 0}},
    {"a name before a suffix", "www.eu.example.com", "/images/1", {10, 8, 0}},
    {"the suffix where the name has nothing", "www.eu.example.com", "/api/x", {9, 8, 2, 1, 0}},
    {"not a path", "h", "*", {}},
    {"nothing", "h", "", {}},
};

TEST(PatternIndex, FindsTheMostSpecificFirst) {
    const auto index = index_of(patterns);
    for (const Case& c : cases) {
        EXPECT_EQ(index.find_all(c.host, c.path), c.found) << c.id;
        const auto best = index.find(c.host, c.path);
        ASSERT_EQ(best.has_value(), !c.found.empty()) << c.id;
        if (best) {
            EXPECT_EQ(*best, c.found.front()) << c.id;
        }
    }
}

TEST(PatternIndex, AgreesWithEachPatternByItself) {
    const auto index = index_of(patterns);
    for (const Case& c : cases) {
        std::vector<std::uint32_t> single;
        for (std::uint32_t i = 0; i < patterns.size(); ++i) {
            if (selects(pattern_of(patterns[i]), c.host, c.path)) single.push_back(i);
        }
        auto all = index.find_all(c.host, c.path);
        std::sort(all.begin(), all.end());
        EXPECT_EQ(all, single) << c.id;
    }
}

TEST(PatternIndex, OfTwoThatSelectTheSameTheFirstStays) {
    EXPECT_EQ(index_of({"/a/*", "/a/{name}"}).find_all("h", "/a/b"), std::vector<std::uint32_t>{0});
    EXPECT_EQ(index_of({"/a/**", "/a/**"}).find("h", "/a/b"), 0u);
}

TEST(PatternIndex, FindsNothingWithoutPatterns) {
    const PatternIndex index;
    EXPECT_EQ(index.find("h", "/"), std::nullopt);
    EXPECT_TRUE(index.find_all("h", "/").empty());
}

TEST(PatternIndex, FindsEachOfThousands) {
    std::vector<std::string> many = {"/**"};
    for (int i = 0; i < 3000; ++i) {
        const std::string name = "/service-" + std::to_string(i);
        many.push_back(name + "/{id}");
        many.push_back(name + "/**");
        many.push_back("host-" + std::to_string(i) + ".example" + name + "/*");
    }
    const auto index = index_of(many);
    for (std::uint32_t i = 0; i < 3000; ++i) {
        const std::string name = "/service-" + std::to_string(i);
        const std::string host = "host-" + std::to_string(i) + ".example";
        const std::uint32_t first = 1 + i * 3;
        ASSERT_EQ(index.find_all("h", name + "/1"), (std::vector<std::uint32_t>{first, first + 1, 0}));
        ASSERT_EQ(index.find_all("h", name + "/1/2"), (std::vector<std::uint32_t>{first + 1, 0}));
        ASSERT_EQ(index.find_all(host, name + "/1"), (std::vector<std::uint32_t>{first + 2, first, first + 1, 0}));
    }
    EXPECT_EQ(index.find("h", "/service-3000/1"), 0u);
}

TEST(Captured, IsTheSegmentInTheNamedPlace) {
    const struct {
        const char* pattern;
        const char* name;
        const char* path;
        const char* segment;
    } captures[] = {
        {"/users/{id}", "id", "/users/7", "7"},
        {"/users/{id}/**", "id", "/users/7/x/y", "7"},
        {"/{a}/{b}", "b", "/x/y", "y"},
        {"/users/{id}", "id", "/users/", ""},
        {"/users/{id}", "other", "/users/7", ""},
        {"/users/*", "id", "/users/7", ""},
        {"/**", "id", "/users/7", ""},
    };
    for (const auto& c : captures) EXPECT_EQ(captured(pattern_of(c.pattern), c.name, c.path), c.segment) << c.pattern;
}

TEST(WhyBefore, NamesTheFirstDifference) {
    const struct {
        const char* first;
        const char* second;
        const char* why;
    } cases[] = {
        {"h.example/**", "/a/b", "it names the host h.example"},
        {"h.example/**", "*.example/a", "its host h.example is narrower than *.example"},
        {"/a/b", "/a/{id}", "segment 2 is the literal b, there a placeholder"},
        {"/a/*", "/a/**", "segment 2 is a placeholder, there **"},
        {"/a/{id}/c", "/*/b/c", "segment 1 is the literal a, there a placeholder"},
    };
    for (const auto& c : cases) EXPECT_EQ(why_before(pattern_of(c.first), pattern_of(c.second)), c.why) << c.first;
}

TEST(LiteralPrefix, IsWhatEverySelectedPathBeginsWith) {
    const struct {
        const char* pattern;
        const char* prefix;
    } prefixes[] = {
        {"/", "/"},
        {"/**", "/"},
        {"/*/x", "/"},
        {"/api/users", "/api/users"},
        {"/api/**", "/api/"},
        {"/a/*/b", "/a/"},
        {"h.example/a/{id}", "/a/"},
        {"/a/", "/a/"},
    };
    for (const auto& c : prefixes) EXPECT_EQ(literal_prefix(pattern_of(c.pattern)), c.prefix) << c.pattern;
}

TEST(HostOf, LeavesThePortOut) {
    EXPECT_EQ(host_of("a.example"), "a.example");
    EXPECT_EQ(host_of("a.example:8080"), "a.example");
    EXPECT_EQ(host_of("[2001:db8::1]"), "[2001:db8::1]");
    EXPECT_EQ(host_of("[2001:db8::1]:8080"), "[2001:db8::1]");
    EXPECT_EQ(host_of(""), "");
}

}  // namespace
}  // namespace larder::policy
