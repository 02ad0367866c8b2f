#include "policy/invalidates.h"

#include <gtest/gtest.h>

#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

using Uris = std::vector<std::string>;

Uris invalidated(std::string_view method, int status, std::string_view response = "") {
    return invalidated_uris(method, status, {"http", "a.example", "/b/c?q"}, fields_of(response));
}

const Uris target = {"http://a.example/b/c?q"};

// RFC 9111 section 4.4.
TEST(Invalidates, UnsafeMethodsThatDidNotFail) {
    for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "FOO", "PURGE", "get"}) {
        for (const int status : {200, 201, 204, 301, 303, 399})
            EXPECT_EQ(invalidated(method, status), target) << method;
        for (const int status : {101, 199, 400, 404, 500, 503})
            EXPECT_EQ(invalidated(method, status), Uris()) << method;
    }
    for (const char* method : {"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"}) {
        EXPECT_TRUE(is_safe(method)) << method;
        EXPECT_EQ(invalidated(method, 200, "Location: /x"), Uris()) << method;
    }
}

TEST(Invalidates, AMethodThatTheStrategySaysOnlyReadsIsARead) {
    config::StrategyConfiguration strategy;
    EXPECT_FALSE(only_reads("POST", nullptr));
    EXPECT_FALSE(only_reads("POST", &strategy));
    EXPECT_TRUE(only_reads("QUERY", &strategy));
    EXPECT_TRUE(only_reads("GET", nullptr));
    strategy.content_methods = {config::ContentMethod::post};
    EXPECT_TRUE(only_reads("POST", &strategy));
    EXPECT_FALSE(only_reads("PUT", &strategy));
    EXPECT_FALSE(only_reads("post", &strategy));
}

TEST(Invalidates, LocationAndContentLocationOfTheSameOrigin) {
    EXPECT_EQ(invalidated("POST", 201, "Location: /x\nContent-Location: d"),
              (Uris{target[0], "http://a.example/x", "http://a.example/b/d"}));
    EXPECT_EQ(invalidated("POST", 201, "Location: http://A.example:80/x\nContent-Location: /x"),
              (Uris{target[0], "http://a.example/x"}));
    EXPECT_EQ(invalidated("POST", 201, "Location: http://b.example/x\nContent-Location: c?q"), target);
    EXPECT_EQ(invalidated("POST", 500, "Location: /x"), Uris());
}

// RFC 9875 section 3.
TEST(Invalidates, GroupsOfAnUnsafeMethod) {
    using List = std::vector<std::string>;
    const auto groups = [](const char* method, std::string_view text) {
        return invalidated_groups(method, fields_of(text));
    };
    EXPECT_EQ(groups("POST", "Cache-Group-Invalidation: \"a\", \"b c\"\nCache-Group-Invalidation: \"d\""),
              (List{"a", "b c", "d"}));
    for (const char* method : {"GET", "HEAD", "OPTIONS", "QUERY"}) {
        EXPECT_EQ(groups(method, "Cache-Group-Invalidation: \"a\""), List()) << method;
    }
    for (const char* text :
         {"", "Cache-Group-Invalidation: a", "Cache-Group-Invalidation: \"a\", b", "Cache-Groups: \"a\""}) {
        EXPECT_EQ(groups("POST", text), List()) << text;
    }
}

}  // namespace
}  // namespace larder::policy
