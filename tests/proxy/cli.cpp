// What the command line makes of the admin listener's answers.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <sstream>

#include "proxy/cli/amounts.h"
#include "proxy/cli/statistics.h"
#include "proxy/cli/table.h"

namespace larder::proxy::cli {
namespace {

const char* const exposition = R"(# HELP larder_requests_total Requests.
# TYPE larder_requests_total counter
larder_requests_total{strategy="a",result="hit"} 6
larder_requests_total{strategy="a",result="stale"} 1
larder_requests_total{strategy="a",result="miss"} 1
larder_requests_total{strategy="quote\"back\\slash\nline,}",result="bypass"} 4
larder_layer_bytes{layer="L1_APPLICATION"} 1e+06
larder_layer_objects{layer="L1_APPLICATION"} 12
larder_layer_lookups_total{layer="L1_APPLICATION",result="hit"} 7
larder_upstream_requests_total{upstream="app",status="200"} 3
larder_upstream_requests_total{upstream="app",status="503"} 2
larder_upstream_errors_total{upstream="app",kind="dns"} 1
larder_fills_in_flight 2
not a sample
larder_broken{a="b
)";

TEST(Samples, LabelsAreUnescaped) {
    const Samples samples(exposition);
    EXPECT_EQ(samples.values("larder_requests_total", "strategy"),
              (std::vector<std::string>{"a", "quote\"back\\slash\nline,}"}));
    EXPECT_EQ(samples.sum("larder_requests_total"), 12);
    EXPECT_EQ(samples.sum("larder_requests_total", {{"strategy", "a"}}), 8);
    EXPECT_EQ(samples.sum("larder_fills_in_flight"), 2);
    EXPECT_EQ(samples.sum("larder_broken"), 0);
}

TEST(Statistics, WhatBypassesTheCacheIsNoMiss) {
    const auto all = statistics(Samples(exposition));
    EXPECT_EQ(all.at("requests"), 12);
    EXPECT_EQ(all.at("hit_ratio"), 7.0 / 8);
    EXPECT_TRUE(all.at("strategies").at(1).at("hit_ratio").is_null());
}

TEST(Statistics, EveryLayerAndUpstreamHasARow) {
    const auto all = statistics(Samples(exposition));
    EXPECT_EQ(all.at("layers").at(0).at("bytes"), 1000000);
    EXPECT_EQ(all.at("layers").at(0).at("hits"), 7);
    EXPECT_EQ(all.at("upstreams").at(0).at("responses"), 5);
    EXPECT_EQ(all.at("upstreams").at(0).at("5xx"), 2);
    EXPECT_EQ(all.at("upstreams").at(0).at("errors"), 1);
}

TEST(Statistics, AnEmptyExpositionIsAllZeros) {
    const auto all = statistics(Samples(""));
    EXPECT_EQ(all.at("requests"), 0);
    EXPECT_TRUE(all.at("hit_ratio").is_null());
}

TEST(Amounts, AreShort) {
    EXPECT_EQ(size_text(999), "999 B");
    EXPECT_EQ(size_text(1536), "1.5 KiB");
    EXPECT_EQ(size_text(20.0 * 1024 * 1024 * 1024), "20.0 GiB");
    EXPECT_EQ(share_text(1, 8), "12.5 %");
    EXPECT_EQ(share_text(0, 0), "-");
    EXPECT_EQ(duration_text(59), "59s");
    EXPECT_EQ(duration_text(600), "10m");
    EXPECT_EQ(duration_text(-7200), "-2h");
    EXPECT_EQ(duration_text(3 * 86400), "3d");
    EXPECT_EQ(unix_time("1970-01-02T00:00:01Z"), 86401);
    EXPECT_EQ(unix_time("yesterday"), std::nullopt);
}

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
    Table table({{"KEY"}, {"SIZE", true}});
    table.add({"a", "12"});
    table.add({"longer", "3"});
    std::ostringstream out;
    table.print(out);
    EXPECT_EQ(out.str(), "KEY     SIZE\na         12\nlonger     3\n");
    table.add({"more", "1"});
    table.print(out);
    EXPECT_EQ(out.str(), "KEY     SIZE\na         12\nlonger     3\nmore  1\n");
}

}  // namespace
}  // namespace larder::proxy::cli
