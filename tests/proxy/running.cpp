#include "proxy/running.h"

#include <gtest/gtest.h>

#include "tests/proxy/scratch.h"
#include "tests/proxy/sharing.h"
#include "tests/storage/memory_fixture.h"

namespace larder::proxy {
namespace {

using RunningPtr = std::shared_ptr<const Running>;
using storage::Key;
using storage::Stored;

// A configuration in force, and what others do to it.
class RunningTest : public testing::Test {
  protected:
    static config::Config before() {
        auto config = small_config();
        config.upstreams.push_back(upstream("api", {{false, "api.example", 80}, {false, "10.0.0.7", 80}}));
        config.strategies.push_back(strategy("images", "/images/**"));
        return config;
    }
    // As of before(), changed.
    template <class Change>
    RunningPtr prepare(Change change) {
        auto config = before();
        change(config);
        return shared.prepare(std::move(config));
    }
    template <class Change>
    RunningPtr reload(Change change) {
        auto next = prepare(change);
        shared.adopt(next);
        return next;
    }
    static std::int64_t hits(const PerWorker<StrategyCounters>& counters) {
        return counters.sum([](const StrategyCounters& c) -> const Counter& { return c.requests[0]; });
    }
    Stored store(const Running& running, const std::string& url) {
        const auto hold = std::make_shared<policy::Tickets::Ticket>(shared.tickets.begin());
        return running.tiers->store(Key(url).view, storage::make({.ticket = hold->sequence()}), 0, hold, metrics);
    }
    bool has(const Running& running, const std::string& url) {
        return running.tiers->find(Key(url).view, policy::Fields(), 0, storage::now, metrics).object;
    }

    Shared shared{before(), 7, 2};
    const RunningPtr first = shared.running();
    WorkerMetrics metrics{0};
};

void nothing(config::Config&) {}

TEST_F(RunningTest, KeepsUpstreamsWithTheSameSettings) {
    const auto next = reload([](config::Config& c) { std::swap(c.upstreams[0], c.upstreams[1]); });
    ASSERT_EQ(next->upstreams.size(), 2u);
    EXPECT_EQ(next->upstreams[0], first->upstreams[1]);
    EXPECT_EQ(next->upstreams[1], first->upstreams[0]);
}

TEST_F(RunningTest, AnUpstreamWithOtherSettingsIsAnother) {
    const auto next = reload([](config::Config& c) { c.upstreams[1].max_connections = 7; });
    EXPECT_EQ(next->upstreams[0], first->upstreams[0]);
    EXPECT_NE(next->upstreams[1], first->upstreams[1]);
    EXPECT_EQ(next->upstreams[1]->settings().max_connections, 7u);
    EXPECT_EQ(first->upstreams[1]->settings().max_connections, 256u);
}

TEST_F(RunningTest, AnUpstreamsCountersGoOnUnderOtherSettings) {
    first->upstreams[1]->counters(0).statuses[200].add(3);
    const auto next = reload([](config::Config& c) { c.upstreams[1].max_connections = 7; });
    next->upstreams[1]->counters(1).statuses[200].add(4);
    const auto sum =
        std::as_const(*first->upstreams[1]).counters().sum([](const UpstreamCounters& c) -> const Counter& {
            return c.statuses[200];
        });
    EXPECT_EQ(sum, 7);
}

TEST_F(RunningTest, AnUpstreamOfAnotherNameCountsFromNothing) {
    first->upstreams[1]->counters(0).statuses[200].add(3);
    const auto next = reload([](config::Config& c) { c.upstreams[1].name = "other"; });
    EXPECT_EQ(next->upstreams[1]->counters(0).statuses[200].value(), 0);
}

TEST_F(RunningTest, AServerUnderOtherSettingsKeepsItsAddresses) {
    const Addresses known = {{asio::ip::make_address("192.0.2.9"), 80}};
    first->upstreams[1]->servers()[0]->resolved(known);
    const auto next = reload([](config::Config& c) {
        c.upstreams[1].balance = config::Balance::least_connections;
        c.upstreams[1].servers = {{false, "new.example", 80}, {false, "api.example", 81}, {false, "api.example", 80}};
    });
    const auto& servers = next->upstreams[1]->servers();
    EXPECT_EQ(servers[0]->addresses(), nullptr);
    EXPECT_EQ(servers[1]->addresses(), nullptr);
    ASSERT_TRUE(servers[2]->addresses());
    EXPECT_EQ(*servers[2]->addresses(), known);
}

TEST_F(RunningTest, AServerThatIsDownStaysDownWhileItIsChecked) {
    const auto check = [](config::Config& c) {
        c.upstreams[1].health.emplace();
        c.upstreams[1].health->path = "/health";
        c.upstreams[1].health->unhealthy_after = 1;
    };
    const auto checked = reload(check);
    checked->upstreams[1]->servers()[1]->checked(false);
    const auto next = reload([&](config::Config& c) {
        check(c);
        c.upstreams[1].max_connections = 7;
    });
    EXPECT_TRUE(next->upstreams[1]->servers()[0]->well());
    EXPECT_FALSE(next->upstreams[1]->servers()[1]->well());
    const auto unchecked = reload(nothing);
    EXPECT_TRUE(unchecked->upstreams[1]->servers()[1]->well());
}

TEST_F(RunningTest, StrategiesCountOnByTheirName) {
    first->counters(&first->strategies.all()[0], 0).requests[0].add(1);
    first->counters(&first->strategies.all()[1], 1).requests[0].add(2);
    first->counters(nullptr, 1).requests[0].add(3);
    const auto next = reload([](config::Config& c) {
        c.strategies[0].cache_key_pattern = "/other/**";
        std::swap(c.strategies[0], c.strategies[1]);
        c.strategies.push_back(strategy("new", "/new"));
    });
    ASSERT_EQ(next->by_strategy.size(), 3u);
    for (const policy::Strategy& each : next->strategies.all()) {
        const int expected = each.name == "all" ? 1 : each.name == "images" ? 2 : 0;
        EXPECT_EQ(hits(*next->by_strategy[each.index]), expected) << each.name;
    }
    EXPECT_EQ(hits(*next->without_strategy), 3);
    next->counters(nullptr, 0).requests[0].add(1);
    EXPECT_EQ(hits(*first->without_strategy), 4);
}

TEST_F(RunningTest, AStrategyThatWasGoneCountsFromNothing) {
    first->counters(&first->strategies.all()[1], 0).requests[0].add(2);
    reload([](config::Config& c) { c.strategies.pop_back(); });
    const auto back = reload(nothing);
    EXPECT_EQ(hits(*back->by_strategy[1]), 0);
}

TEST_F(RunningTest, ALayerKeepsWhatItHolds) {
    EXPECT_EQ(store(*first, "http://a/x"), Stored::yes);
    const auto next = reload([](config::Config& c) { c.layers[0].default_ttl_seconds = 7; });
    EXPECT_TRUE(has(*next, "http://a/x"));
    EXPECT_EQ(&next->tiers->counters(0), &first->tiers->counters(0));
    EXPECT_EQ(next->tiers->settings(0).default_ttl_seconds, 7u);
    EXPECT_TRUE(next->tiers->cover(*first->tiers));
}

TEST_F(RunningTest, ALayerGetsItsNewSizeWhenTheConfigurationComesIntoForce) {
    const auto largest = first->tiers->largest(0);
    const auto next = prepare([](config::Config& c) { c.layers[0].max_size_bytes = 2 * config::MiB; });
    EXPECT_EQ(first->tiers->largest(0), largest);
    shared.adopt(next);
    EXPECT_EQ(next->tiers->largest(0), 2 * config::MiB);
    EXPECT_LT(2 * config::MiB, largest);
}

TEST_F(RunningTest, ALayerThatIsNotUsedAnyMoreIsEmptyWhenItComesBack) {
    EXPECT_EQ(store(*first, "http://a/x"), Stored::yes);
    const auto without = reload([](config::Config& c) { c.layers[0].is_active = false; });
    EXPECT_EQ(without->tiers->size(), 0u);
    EXPECT_FALSE(without->tiers->cover(*first->tiers));
    EXPECT_TRUE(has(*first, "http://a/x"));  // for exchanges that began before
    EXPECT_FALSE(has(*reload(nothing), "http://a/x"));
}

TEST_F(RunningTest, ARefusedConfigurationChangesNothing) {
    const auto complaint = complaint_of([&] {
        prepare([](config::Config& c) {
            c.layers[0].max_size_bytes = 2 * config::MiB;
            c.upstreams[1].tls_verify = true;
            c.upstreams[1].tls_ca_file = "/nowhere/ca.pem";
        });
    });
    EXPECT_TRUE(complaint.starts_with("upstreams.api: tls_ca_file /nowhere/ca.pem: ")) << complaint;
    EXPECT_EQ(shared.running(), first);
    EXPECT_EQ(first->tiers->largest(0), 8 * config::MiB);
}

TEST_F(RunningTest, TheAccessLogIsTheSameForTheSameTarget) {
    const Scratch scratch;
    const auto to = [&](const char* file) {
        return [path = scratch / file](config::Config& c) { c.access_log = path; };
    };
    const auto one = reload(to("one"));
    EXPECT_NE(one->access_log, first->access_log);
    scratch.rename("one", "one.1");
    const auto same = reload(to("one"));
    EXPECT_EQ(same->access_log, one->access_log);
    EXPECT_EQ(scratch.content("one"), "");  // made anew
    const auto other = reload(to("two"));
    EXPECT_NE(other->access_log, one->access_log);
    EXPECT_EQ(scratch.content("two"), "");
}

TEST_F(RunningTest, TheFormerOnesAreThoseThatSomethingStillUses) {
    EXPECT_TRUE(shared.former(*first).empty());
    auto second = reload(nothing);
    const auto third = reload(nothing);
    EXPECT_EQ(shared.running(), third);
    EXPECT_EQ(shared.former(*third), (std::vector<RunningPtr>{first, second}));
    second.reset();
    EXPECT_EQ(shared.former(*third), std::vector<RunningPtr>{first});
}

TEST_F(RunningTest, LimitsHoldFromWhenTheyComeIntoForce) {
    const auto client = asio::ip::make_address("192.0.2.1");
    EXPECT_TRUE(shared.clients.enter(client));
    storage::Reservation fill(shared.account, storage::Account::Purpose::fill);
    EXPECT_TRUE(fill.ensure(1000));
    const auto next = prepare([](config::Config& c) {
        c.limits.connections_per_client = 1;
        c.limits.fills_bytes = 1000;
        c.limits.invalidation_backlog = 1;
    });
    EXPECT_TRUE(fill.ensure(1001));
    shared.adopt(next);
    EXPECT_FALSE(shared.clients.enter(client));
    EXPECT_FALSE(fill.ensure(1002));
    const auto under_way = shared.tickets.begin();
    for (const char* name : {"a", "b"}) shared.tickets.enter(policy::Invalidation::flush(name));
    EXPECT_LE(shared.tickets.kept(), 1u);
}

}  // namespace
}  // namespace larder::proxy
