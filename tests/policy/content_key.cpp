#include "policy/content_key.h"

#include <gtest/gtest.h>

#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

TEST(ContentKey, MethodsAreTheStrategys) {
    config::StrategyConfiguration strategy;
    EXPECT_TRUE(keyed_by_content("QUERY", strategy));
    EXPECT_FALSE(keyed_by_content("POST", strategy));
    EXPECT_FALSE(keyed_by_content("query", strategy));
    strategy.content_methods = {config::ContentMethod::post};
    EXPECT_TRUE(keyed_by_content("POST", strategy));
    EXPECT_FALSE(keyed_by_content("QUERY", strategy));
    EXPECT_FALSE(keyed_by_content("GET", strategy));
}

TEST(ContentKey, WhatDescribesTheContentCountsInAnyOrder) {
    EXPECT_EQ(content_description(fields_of("CONTENT-type: a\nX: y\nContent-Length: 3\nContent-Encoding: gzip")),
              "content-encoding: gzip\r\ncontent-type: a\r\n");
    EXPECT_EQ(content_description(fields_of("Content-Encoding: gzip\nContent-Type: a")),
              content_description(fields_of("Content-Type: a\nContent-Encoding: gzip")));
    EXPECT_EQ(content_description(fields_of("X: y")), "");
}

TEST(ContentKey, OnlyPlainJsonMayBeNormalised) {
    for (const char* text : {"Content-Type: application/json", "content-type: Application/JSON ; charset=utf-8",
                             "Content-Type: application/graphql-response+json\nCache-Control: max-age=1"}) {
        EXPECT_TRUE(json_may_be_normalised(fields_of(text))) << text;
    }
    for (const char* text : {"", "Content-Type: text/plain", "Content-Type: +json", "Content-Type: application/jsonl",
                             "Content-Type: application/json\nContent-Encoding: gzip",
                             "Content-Type: application/json\nCache-Control: a, No-Transform"}) {
        EXPECT_FALSE(json_may_be_normalised(fields_of(text))) << text;
    }
}

}  // namespace
}  // namespace larder::policy
