#include "proxy/metrics.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/proxy/sharing.h"

namespace larder::proxy {
namespace {

using namespace std::chrono_literals;

// The value of the sample with this name and these labels, as text; "-": there is none.
std::string sample(const std::string& exposition, const std::string& name) {
    const std::size_t at = ("\n" + exposition).find("\n" + name + " ");
    if (at == std::string::npos) return "-";
    const std::size_t begin = at + name.size() + 1;
    return exposition.substr(begin, exposition.find('\n', begin) - begin);
}

TEST(Histogram, CountsInTheFirstBucketThatHolds) {
    const struct {
        std::chrono::nanoseconds took;
        std::size_t bucket;
    } cases[] = {{0ns, 0}, {500us, 0}, {500'001ns, 1}, {1ms, 1}, {3ms, 3}, {1s, 10}, {10s, 13}, {10'000'000'001ns, 14}};
    for (const auto& c : cases) {
        Histogram histogram;
        histogram.record(c.took);
        for (std::size_t i = 0; i < histogram.buckets.size(); ++i) {
            EXPECT_EQ(histogram.buckets[i].value(), i == c.bucket) << c.took.count() << ' ' << i;
        }
        EXPECT_EQ(histogram.nanoseconds.value(), c.took.count());
    }
}

TEST(Metrics, HaveTheResultsOfTheReference) {
    const char* words[] = {"hit", "stale", "miss", "bypass", "error"};
    for (std::size_t i = 0; i < results; ++i) EXPECT_STREQ(word(static_cast<Result>(i)), words[i]);
}

TEST(Metrics, HaveAWordOfItsOwnForEveryLimit) {
    std::set<std::string> words;
    for (std::size_t i = 0; i < static_cast<std::size_t>(Limit::count); ++i) words.insert(word(static_cast<Limit>(i)));
    EXPECT_EQ(words.size(), static_cast<std::size_t>(Limit::count));
    EXPECT_FALSE(words.contains(""));
}

TEST(Metrics, HaveEveryFamilyWithHelpAndType) {
    const Shared shared(small_config(), 7, 1);
    const std::string text = "\n" + metrics_text(shared);
    const struct {
        const char* name;
        const char* type;
    } families[] = {
        {"larder_requests_total", "counter"},
        {"larder_request_duration_seconds", "histogram"},
        {"larder_upstream_requests_total", "counter"},
        {"larder_upstream_errors_total", "counter"},
        {"larder_fills_in_flight", "gauge"},
        {"larder_followers_total", "counter"},
        {"larder_layer_bytes", "gauge"},
        {"larder_layer_objects", "gauge"},
        {"larder_layer_lookups_total", "counter"},
        {"larder_layer_errors_total", "counter"},
        {"larder_evictions_total", "counter"},
        {"larder_stores_total", "counter"},
        {"larder_invalidations_total", "counter"},
        {"larder_invalidated_keys_total", "counter"},
        {"larder_connections", "gauge"},
        {"larder_memory_bytes", "gauge"},
        {"larder_limits_total", "counter"},
        {"larder_reloads_total", "counter"},
    };
    for (const auto& family : families) {
        const std::string name = family.name;
        EXPECT_NE(text.find("\n# TYPE " + name + " " + family.type + "\n"), std::string::npos) << name;
        EXPECT_NE(text.find("\n# HELP " + name + " "), std::string::npos) << name;
    }
    EXPECT_TRUE(text.ends_with("\n"));
}

TEST(Metrics, AddUpWhatTheWorkersCounted) {
    Shared shared(small_config(), 7, 3);
    const auto running = shared.running();
    const policy::Strategy& strategy = running->strategies.all()[0];
    for (WorkerMetrics& worker : shared.metrics.workers) {
        running->counters(&strategy, worker.index).requests[static_cast<std::size_t>(Result::hit)].add(2);
        running->counters(nullptr, worker.index).requests[static_cast<std::size_t>(Result::error)].add();
        UpstreamCounters& upstream = running->upstreams[0]->counters(worker.index);
        upstream.statuses[404].add(5);
        upstream.failed(UpstreamError::closed);
        LayerCounters& layer = running->tiers->all()[0].counters->of(worker.index);
        layer.hits.add(4);
        layer.stores[static_cast<std::size_t>(storage::Stored::too_large)].add();
        worker.client_connections.add(2);
        worker.client_connections.add(-1);
        worker.limit(Limit::followers_cut);
    }
    shared.metrics.invalidations[static_cast<std::size_t>(policy::InvalidationType::tag_based)] = 9;
    const std::string text = metrics_text(shared);
    const struct {
        const char* name;
        const char* value;
    } cases[] = {
        {R"(larder_requests_total{strategy="all",result="hit"})", "6"},
        {R"(larder_requests_total{strategy="all",result="miss"})", "0"},
        {R"(larder_requests_total{strategy="none",result="error"})", "3"},
        {R"(larder_upstream_requests_total{upstream="app",status="404"})", "15"},
        {R"(larder_upstream_requests_total{upstream="app",status="200"})", "-"},
        {R"(larder_upstream_errors_total{upstream="app",kind="closed"})", "3"},
        {R"(larder_upstream_errors_total{upstream="app",kind="dns"})", "0"},
        {R"(larder_layer_lookups_total{layer="L1_APPLICATION",result="hit"})", "12"},
        {R"(larder_layer_objects{layer="L1_APPLICATION"})", "0"},
        {R"(larder_stores_total{layer="L1_APPLICATION",result="too_large"})", "3"},
        {R"(larder_connections{side="client"})", "3"},
        {R"(larder_invalidations_total{type="TAG_BASED"})", "9"},
        {R"(larder_invalidations_total{type="SINGLE_KEY"})", "0"},
        {R"(larder_limits_total{limit="fill_window"})", "3"},
        {R"(larder_fills_in_flight)", "0"},
    };
    for (const auto& c : cases) EXPECT_EQ(sample(text, c.name), c.value) << c.name;
}

TEST(Metrics, BucketsOfAHistogramAreCumulative) {
    Shared shared(small_config(), 7, 2);
    auto& durations = shared.metrics.workers[0].durations[static_cast<std::size_t>(Result::hit)];
    durations.record(250us);
    durations.record(20ms);
    shared.metrics.workers[1].durations[static_cast<std::size_t>(Result::hit)].record(1min);
    const std::string text = metrics_text(shared), name = "larder_request_duration_seconds";
    EXPECT_EQ(sample(text, name + R"(_bucket{result="hit",le="0.0005"})"), "1");
    EXPECT_EQ(sample(text, name + R"(_bucket{result="hit",le="0.01"})"), "1");
    EXPECT_EQ(sample(text, name + R"(_bucket{result="hit",le="0.025"})"), "2");
    EXPECT_EQ(sample(text, name + R"(_bucket{result="hit",le="10"})"), "2");
    EXPECT_EQ(sample(text, name + R"(_bucket{result="hit",le="+Inf"})"), "3");
    EXPECT_EQ(sample(text, name + R"(_count{result="hit"})"), "3");
    EXPECT_EQ(sample(text, name + R"(_sum{result="hit"})"), "60.02025");
    EXPECT_EQ(sample(text, name + R"(_count{result="miss"})"), "0");
}

TEST(Metrics, EscapeLabels) {
    auto config = small_config();
    config.strategies[0].strategy_name = "a\"b\\c\nd";
    const Shared shared(std::move(config), 7, 1);
    EXPECT_EQ(sample(metrics_text(shared), R"(larder_requests_total{strategy="a\"b\\c\nd",result="hit"})"), "0");
}

TEST(Metrics, MemoryIsThisProcesss) {
    const Shared shared(small_config(), 7, 1);
    EXPECT_GT(std::stoll(sample(metrics_text(shared), R"(larder_memory_bytes{part="anonymous"})")), 100'000);
}

}  // namespace
}  // namespace larder::proxy
