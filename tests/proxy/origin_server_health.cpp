#include <gtest/gtest.h>

#include "proxy/upstream/origin_server.h"
#include "tests/proxy/sharing.h"

namespace larder::proxy {
namespace {

using namespace std::chrono_literals;

const Steady::time_point noon{1000h};
const config::Server server_address{false, "10.0.0.5", 3000};

class HealthTest : public testing::Test {
  protected:
    HealthTest() {
        settings.max_failures = 3;
        settings.ejection_time = 10s;
        settings.health = config::HealthCheck{"/", 5s, 2s, 3, 2};
    }
    OriginServer& server() {
        if (!server_) server_ = std::make_unique<OriginServer>(settings, server_address, 1);
        return *server_;
    }
    void fail(int times, Steady::time_point when = noon) {
        for (int i = 0; i < times; ++i) server().connection_failed(when);
    }
    void check(bool well, int times) {
        for (int i = 0; i < times; ++i) server().checked(well);
    }

    config::Upstream settings = upstream("u", {});

  private:
    std::unique_ptr<OriginServer> server_;
};

TEST_F(HealthTest, FailuresInARowEjectForAWhile) {
    fail(2);
    EXPECT_TRUE(server().takes_requests(noon));
    fail(1);
    EXPECT_FALSE(server().takes_requests(noon));
    EXPECT_FALSE(server().takes_requests(noon + 10s - 1ns));
    EXPECT_TRUE(server().takes_requests(noon + 10s));
    EXPECT_TRUE(server().well());  // that is the active check's word
}

TEST_F(HealthTest, AResponseEndsTheRow) {
    fail(2);
    server().responded();
    fail(2);
    EXPECT_TRUE(server().takes_requests(noon));
}

TEST_F(HealthTest, OneFailureAfterTheEjectionEjectsAgain) {
    fail(3);
    fail(1, noon + 10s);
    EXPECT_FALSE(server().takes_requests(noon + 15s));
    EXPECT_TRUE(server().takes_requests(noon + 20s));
    server().responded();
    fail(2, noon + 20s);
    EXPECT_TRUE(server().takes_requests(noon + 20s));
}

TEST_F(HealthTest, WithoutALimitFailuresNeverEject) {
    settings.max_failures = 0;
    fail(100);
    EXPECT_TRUE(server().takes_requests(noon));
}

TEST_F(HealthTest, ChecksTakeAServerOutAndBackIn) {
    check(false, 2);
    EXPECT_TRUE(server().takes_requests(noon));
    check(false, 1);
    EXPECT_FALSE(server().well());
    EXPECT_FALSE(server().takes_requests(noon));
    check(true, 1);
    EXPECT_FALSE(server().well());
    check(true, 1);
    EXPECT_TRUE(server().takes_requests(noon));
}

TEST_F(HealthTest, ChecksCountOnlyInARow) {
    check(false, 2);
    check(true, 1);
    check(false, 2);
    EXPECT_TRUE(server().well());
    check(false, 1);
    EXPECT_FALSE(server().well());
    check(true, 1);
    check(false, 1);
    check(true, 1);
    EXPECT_FALSE(server().well());
}

TEST_F(HealthTest, AGoodCheckDoesNotEndAnEjection) {
    fail(3);
    check(true, 5);
    EXPECT_FALSE(server().takes_requests(noon));
}

}  // namespace
}  // namespace larder::proxy
