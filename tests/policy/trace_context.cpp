#include "policy/trace_context.h"

#include <gtest/gtest.h>

#include "tests/policy/exchange.h"

namespace larder::policy {
namespace {

bool has(const std::string& value) {
    const std::string text = "traceparent: " + value;
    return has_trace_parent(fields_of(text));
}

TEST(TraceContext, ATraceParentIsOfItsGrammar) {
    const std::string good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    EXPECT_TRUE(has(good));
    EXPECT_TRUE(has("cc" + good.substr(2)));
    EXPECT_TRUE(has("cc" + good.substr(2) + "-what.comes"));
    for (const std::string& bad :
         {std::string(), good + "-x", good + "0", good.substr(1), "ff" + good.substr(2), "0x" + good.substr(2),
          "cc" + good.substr(2) + "x", "00-" + std::string(32, '0') + good.substr(35),
          good.substr(0, 36) + std::string(16, '0') + "-01", "00-4BF92F3577B34DA6A3CE929D0E0E4736" + good.substr(35),
          good.substr(0, 53) + "0g"}) {
        EXPECT_FALSE(has(bad)) << bad;
    }
    EXPECT_FALSE(has(good + "\ntraceparent: " + good));
    EXPECT_FALSE(has_trace_parent(fields_of("A: b")));
}

TEST(TraceContext, WhatIsMadeIsValid) {
    EXPECT_EQ(make_trace_parent(0x4bf92f3577b34da6, 0xa3ce929d0e0e4736, 0xf067aa0ba902b7),
              "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
    EXPECT_TRUE(has(make_trace_parent(0, 0, 0)));
}

}  // namespace
}  // namespace larder::policy
