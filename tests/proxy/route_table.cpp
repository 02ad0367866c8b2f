#include "proxy/route_table.h"

#include <gtest/gtest.h>

#include "tests/proxy/sharing.h"

namespace larder::proxy {
namespace {

config::Config config_of(std::vector<config::Route> routes) {
    config::Config config;
    config.upstreams.resize(3);
    config.upstreams[0].name = "a";
    config.upstreams[1].name = "b";
    config.upstreams[2].name = "c";
    config.routes = std::move(routes);
    return config;
}

TEST(RouteTable, WithoutRoutesEverythingGoesToTheFirstUpstream) {
    const RouteTable table(config_of({}));
    for (const char* path : {"/", "/a", "/a/b/c"}) {
        const auto* found = table.find("h", path);
        ASSERT_TRUE(found) << path;
        EXPECT_EQ(found->upstream, 0u);
    }
}

TEST(RouteTable, TheMostSpecificRouteWins) {
    const RouteTable table(config_of(
        {route("/**", "a"), route("/api/**", "b"), route("/**", "c", "h.example"), route("/api/*", "b", "*.example")}));
    EXPECT_EQ(table.find("x", "/other")->upstream, 0u);
    EXPECT_EQ(table.find("x", "/api/1")->upstream, 1u);
    EXPECT_EQ(table.find("h.example", "/api/1")->upstream, 2u);
    EXPECT_EQ(table.find("i.example", "/api/1")->upstream, 1u);
    EXPECT_EQ(table.find("i.example", "/other")->upstream, 0u);
}

TEST(RouteTable, MayHaveNoRouteForARequest) {
    const RouteTable table(config_of({route("/a/**", "a", "h.example")}));
    EXPECT_EQ(table.find("h.example", "/b"), nullptr);
    EXPECT_EQ(table.find("i.example", "/a/1"), nullptr);
    EXPECT_NE(table.find("h.example", "/a/1"), nullptr);
}

TEST(RouteTable, KeepsTheSettingsOfTheRoute) {
    auto written = route("/v2/**", "b");
    written.strip_prefix = "/v2";
    written.upgrade = false;
    const RouteTable table(config_of({written}));
    const auto* found = table.find("h", "/v2/x");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->settings.strip_prefix, "/v2");
    EXPECT_FALSE(found->settings.upgrade);
}

TEST(RoutedTarget, IsStrippedAndPrefixed) {
    const struct {
        const char* id;
        const char* strip;
        const char* add;
        const char* text;
        const char* routed;
    } cases[] = {
        {"unchanged", "", "", "/a?b", "/a?b"},
        {"stripped", "/v2", "", "/v2/a?b", "/a?b"},
        {"stripped to nothing", "/v2", "", "/v2", "/"},
        {"stripped to a query", "/v2", "", "/v2?b", "/?b"},
        {"stripped to a slash", "/v2", "", "/v2/", "/"},
        {"cut at a segment's end only", "/v2", "", "/v20/a", "/v20/a"},
        {"not a prefix", "/v2", "", "/a/v2", "/a/v2"},
        {"with a slash at its end", "/v2/", "", "/v2/a", "/a"},
        {"with a slash at its end, but none there", "/v2/", "", "/v2", "/v2"},
        {"an empty segment stays", "/v2", "", "/v2//a", "//a"},
        {"prefixed", "", "/api", "/a?b", "/api/a?b"},
        {"prefixed with a slash at its end", "", "/api/", "/a", "/api/a"},
        {"both", "/v2", "/api", "/v2/a?b", "/api/a?b"},
        {"both, nothing left", "/v2", "/api", "/v2", "/api/"},
        {"both, a query left", "/v2", "/api", "/v2?b", "/api/?b"},
    };
    for (const auto& c : cases) {
        auto changing = route("/**", "a");
        changing.strip_prefix = c.strip;
        changing.add_prefix = c.add;
        std::string out = "GET ";
        append_routed_target(out, changing, c.text);
        EXPECT_EQ(out, std::string("GET ") + c.routed) << c.id;
    }
}

}  // namespace
}  // namespace larder::proxy
