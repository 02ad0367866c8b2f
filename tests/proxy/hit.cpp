#include "proxy/hit.h"

#include <gtest/gtest.h>

#include "tests/proxy/sharing.h"
#include "tests/storage/memory_fixture.h"

namespace larder::proxy {
namespace {

using policy::Reuse;

// A worker with one response, stored under the rules in force at that time.
class HitTest : public testing::Test {
  protected:
    HitTest() { store(); }

    void store(bool for_authorized = false, bool for_cookies = false) {
        const Asked asked(shared, request);
        auto object = storage::make();
        object->for_authorized = for_authorized;
        object->for_cookies = for_cookies;
        object->ticket = shared.tickets.begin().sequence();
        object->rules_fingerprint = asked.exchange.strategy->rules.fingerprint;
        const auto hold = std::make_shared<policy::Tickets::Ticket>(shared.tickets.begin());
        EXPECT_EQ(asked.exchange.running->tiers->store(asked.exchange.key, object, asked.exchange.strategy->index, hold,
                                                       worker.metrics()),
                  storage::Stored::yes);
    }
    void reload(config::Config config) {
        const auto next = shared.prepare(std::move(config));
        shared.adopt(next);
        worker.apply({next, {}});
    }
    Hit ask(const std::string& fields = {}) {
        Asked asked(shared, request + fields);
        asked.exchange.now = storage::now;
        return find_hit(worker, asked.exchange);
    }

    const std::string request = "GET /x HTTP/1.1\nHost: h\n";
    Shared shared{small_config(), 7, 1};
    Worker worker{shared, 0};
};

TEST_F(HitTest, IsFreshUnderTheRulesThatItWasStoredUnder) {
    EXPECT_TRUE(ask().fresh());
    reload(small_config());
    EXPECT_TRUE(ask().fresh());
}

TEST_F(HitTest, IsValidatedUnderOtherRules) {
    auto config = small_config();
    config.strategies[0].configuration.keep = std::chrono::seconds(1);
    reload(config);
    const Hit hit = ask();
    EXPECT_TRUE(hit.object);
    EXPECT_EQ(hit.decision.reuse, Reuse::validate);
    EXPECT_EQ(ask("Cache-Control: only-if-cached\n").decision.reuse, Reuse::gateway_timeout);
}

TEST_F(HitTest, IsValidatedUnderAStrategyOfAnotherName) {
    auto config = small_config();
    config.strategies[0].strategy_name = "other";
    reload(config);
    EXPECT_EQ(ask().decision.reuse, Reuse::validate);
}

TEST_F(HitTest, IsFreshAgainOnceTheRulesAreAsTheyWere) {
    auto config = small_config();
    config.strategies[0].configuration.max_variants = 1;
    reload(config);
    EXPECT_FALSE(ask().fresh());
    reload(small_config());
    EXPECT_TRUE(ask().fresh());
}

TEST_F(HitTest, StoredAnewItIsFreshUnderTheNewRules) {
    auto config = small_config();
    config.strategies[0].configuration.max_variants = 1;
    reload(config);
    store();
    EXPECT_TRUE(ask().fresh());
}

TEST_F(HitTest, WhatIsNotForEverybodyIsWithheldFromWhoIsNamed) {
    const Hit hit = ask("Authorization: Basic YTpi\n");
    EXPECT_TRUE(hit.withheld);
    EXPECT_FALSE(hit.object);
    EXPECT_EQ(hit.decision.forward, policy::Forward::bypass);
}

TEST_F(HitTest, IsWithheldFromCookiesThoughAuthorizedOnesGetIt) {
    store(true, false);
    EXPECT_TRUE(ask("Authorization: Basic YTpi\n").fresh());
    EXPECT_TRUE(ask("Cookie: a=b\n").withheld);
    EXPECT_TRUE(ask("Authorization: Basic YTpi\nCookie: a=b\n").withheld);
    store(true, true);
    EXPECT_TRUE(ask("Authorization: Basic YTpi\nCookie: a=b\n").fresh());
}

}  // namespace
}  // namespace larder::proxy
