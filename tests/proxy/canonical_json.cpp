#include "proxy/canonical_json.h"

#include <gtest/gtest.h>

namespace larder::proxy {
namespace {

TEST(CanonicalJson, OneTextForAllThatSayTheSame) {
    EXPECT_EQ(canonical_json_text(" { \"b\" : [ 1 , 2.50, -0e3 ] ,\n\"a\":{\"y\":null,\"x\":true} } "),
              "{\"a\":{\"x\":true,\"y\":null},\"b\":[1,2.50,-0e3]}");
    EXPECT_EQ(canonical_json_text("\"\\u0041\\/\\n\\ud83d\\ude00\\\"\""), "\"A/\\u000a\xF0\x9F\x98\x80\\\"\"");
    EXPECT_EQ(canonical_json_text("12345678901234567890123"), "12345678901234567890123");
    EXPECT_EQ(canonical_json_text("{}"), "{}");
    EXPECT_EQ(canonical_json_text("[]"), "[]");
    EXPECT_EQ(canonical_json_text("[[],{},\"\"]"), "[[],{},\"\"]");
}

TEST(CanonicalJson, WhatReadersTakeDifferentlyHasNone) {
    for (const char* text :
         {"", " ", "{", "[1,]", "{\"a\":1,}", "1 2", "nul", "{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":1}", "'a'",
          "[1] x", "01", "\"\\ud800\"", "\"\x80\"", "/**/1", "NaN"}) {
        EXPECT_EQ(canonical_json_text(text), std::nullopt) << text;
    }
    const std::string deep(65, '[');
    EXPECT_EQ(canonical_json_text(deep + std::string(65, ']')), std::nullopt);
    EXPECT_TRUE(canonical_json_text(deep.substr(1) + std::string(64, ']')));
}

}  // namespace
}  // namespace larder::proxy
