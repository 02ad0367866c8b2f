#include "policy/strategy_table.h"

#include <gtest/gtest.h>

namespace larder::policy {
namespace {

config::Strategy strategy(std::string name, std::string pattern) {
    config::Strategy made;
    made.strategy_name = std::move(name);
    made.cache_key_pattern = std::move(pattern);
    return made;
}

config::Layer layer(config::LayerName name, std::uint32_t ttl) {
    config::Layer made;
    made.layer_name = name;
    made.default_ttl_seconds = ttl;
    return made;
}

std::string names(const std::vector<const Strategy*>& found) {
    std::string all;
    for (const Strategy* each : found) all += (all.empty() ? "" : " ") + each->name;
    return all;
}

TEST(StrategyTable, TheMostSpecificStrategyIsInForce) {
    config::Config config;
    config.strategies = {strategy("rest", "/**"), strategy("api", "/api/**"), strategy("user", "/api/users/{id}"),
                         strategy("host", "a.example/**")};
    const StrategyTable table(config);
    EXPECT_EQ(names(table.find_all("h", "/api/users/7")), "user api rest");
    EXPECT_EQ(names(table.find_all("a.example", "/api/users/7")), "host user api rest");
    EXPECT_EQ(names(table.find_all("h", "/")), "rest");
    ASSERT_TRUE(table.find("h", "/api/users"));
    EXPECT_EQ(table.find("h", "/api/users")->name, "api");
}

TEST(StrategyTable, FindsNothingWhereNoStrategyMatches) {
    config::Config config;
    config.strategies = {strategy("api", "/api/**")};
    const StrategyTable table(config);
    EXPECT_EQ(table.find("h", "/other"), nullptr);
    EXPECT_TRUE(table.find_all("h", "/other").empty());
    EXPECT_EQ(StrategyTable(config::Config{}).find("h", "/"), nullptr);
}

TEST(StrategyTable, LeavesInactiveStrategiesOut) {
    config::Config config;
    config.strategies = {strategy("off", "/api/*"), strategy("on", "/**")};
    config.strategies[0].is_active = false;
    const StrategyTable table(config);
    ASSERT_EQ(table.all().size(), 1u);
    EXPECT_EQ(names(table.find_all("h", "/api/x")), "on");
    EXPECT_EQ(table.all()[0].index, 0u);
}

TEST(StrategyTable, TakesTheLifetimeOfTheLayerWhereTheStrategyHasNone) {
    config::Config config;
    config.layers = {layer(config::LayerName::l1_application, 11), layer(config::LayerName::l3_database, 33)};
    config.strategies = {strategy("own", "/own"), strategy("zero", "/zero"), strategy("first", "/first"),
                         strategy("third", "/third")};
    config.strategies[0].ttl = std::chrono::seconds(5);
    config.strategies[1].ttl = std::chrono::seconds(0);
    config.strategies[3].cache_layer = config::LayerName::l3_database;
    const StrategyTable table(config);
    EXPECT_EQ(table.find("h", "/own")->rules.ttl, 5);
    EXPECT_EQ(table.find("h", "/zero")->rules.ttl, 0);
    EXPECT_EQ(table.find("h", "/first")->rules.ttl, 11);
    EXPECT_EQ(table.find("h", "/third")->rules.ttl, 33);
}

TEST(StrategyTable, KeepsWhatTheOperatorWrote) {
    config::Config config;
    config.strategies = {strategy("images", "/images/{resource_id}"), strategy("other", "/other/{id}")};
    config.strategies[0].resource_type = "IMAGE";
    config.strategies[0].cache_behavior = config::CacheBehavior::cache_aside;
    config.strategies[0].configuration.max_variants = 3;
    const StrategyTable table(config);
    const Strategy* images = table.find("h", "/images/1");
    ASSERT_TRUE(images);
    EXPECT_EQ(images->resource_type, "IMAGE");
    EXPECT_EQ(images->rules.behavior, config::CacheBehavior::cache_aside);
    EXPECT_EQ(images->rules.configuration.max_variants, 3u);
    EXPECT_TRUE(images->names_resource);
    EXPECT_FALSE(table.find("h", "/other/1")->names_resource);
}

TEST(StrategyTable, FindsEachOfThousandsBySpecificity) {
    config::Config config;
    config.strategies.push_back(strategy("rest", "/**"));
    for (int i = 0; i < 2500; ++i) {
        const std::string number = std::to_string(i);
        config.strategies.push_back(strategy("all-" + number, "/s" + number + "/**"));
        config.strategies.push_back(strategy("one-" + number, "/s" + number + "/{resource_id}"));
    }
    const StrategyTable table(config);
    for (int i = 0; i < 2500; ++i) {
        const std::string number = std::to_string(i);
        ASSERT_EQ(names(table.find_all("h", "/s" + number + "/x")), "one-" + number + " all-" + number + " rest");
        ASSERT_EQ(table.find("h", "/s" + number + "/x/y")->name, "all-" + number);
    }
    EXPECT_EQ(table.find("h", "/s2500/x")->name, "rest");
}

}  // namespace
}  // namespace larder::policy
