#include "proxy/upstream/origin_server.h"

#include <gtest/gtest.h>

#include "tests/proxy/running.h"
#include "tests/proxy/sharing.h"

namespace larder::proxy {
namespace {

using Slot = OriginServer::Slot;
using WaiterPtr = std::shared_ptr<OriginServer::Waiter>;
using State = OriginServer::Waiter::State;

const config::Server server_address{false, "10.0.0.5", 3000};

TEST(OriginServer, HasTheAuthorityOfAHostField) {
    const struct {
        config::Server server;
        const char* authority;
        bool named;
    } cases[] = {
        {{false, "a.example", 80}, "a.example", true},
        {{false, "a.example", 443}, "a.example:443", true},
        {{true, "a.example", 443}, "a.example", true},
        {{true, "a.example", 80}, "a.example:80", true},
        {{false, "10.0.0.5", 3000}, "10.0.0.5:3000", false},
        {{false, "2001:db8::1", 80}, "[2001:db8::1]", false},
        {{true, "2001:db8::1", 8443}, "[2001:db8::1]:8443", false},
    };
    for (const auto& c : cases) {
        const OriginServer server(upstream("u", {}), c.server, 1);
        EXPECT_EQ(server.authority(), c.authority);
        EXPECT_EQ(server.named(), c.named) << c.authority;
        EXPECT_EQ(server.addresses() == nullptr, c.named) << c.authority;
    }
}

TEST(OriginServer, KeepsTheLastGoodAnswerOfTheResolver) {
    OriginServer server(upstream("u", {}), {false, "a.example", 80}, 1);
    const asio::ip::tcp::endpoint first(asio::ip::make_address("192.0.2.1"), 80);
    const asio::ip::tcp::endpoint second(asio::ip::make_address("192.0.2.2"), 80);
    server.resolved({});
    EXPECT_EQ(server.addresses(), nullptr);
    server.resolved({first});
    server.resolved({});
    ASSERT_TRUE(server.addresses());
    EXPECT_EQ(*server.addresses(), Addresses{first});
    const auto held = server.addresses();
    server.resolved({second, first});
    EXPECT_EQ(*server.addresses(), (Addresses{second, first}));
    EXPECT_EQ(*held, Addresses{first});
}

TEST(OriginServer, StaysEjectedUnderOtherSettings) {
    config::Upstream settings = upstream("u", {});
    settings.max_failures = 2;
    settings.ejection_time = std::chrono::seconds(10);
    OriginServer former(settings, server_address, 1);
    const Steady::time_point now{std::chrono::hours(1)};
    former.connection_failed(now);
    OriginServer next(settings, server_address, 1);
    next.take_over(former);
    EXPECT_TRUE(next.takes_requests(now));
    next.connection_failed(now);  // the second one
    EXPECT_FALSE(next.takes_requests(now + std::chrono::seconds(9)));
    OriginServer third(settings, server_address, 1);
    third.take_over(next);
    EXPECT_FALSE(third.takes_requests(now + std::chrono::seconds(9)));
    EXPECT_TRUE(third.takes_requests(now + std::chrono::seconds(10)));
    settings.max_failures = 0;  // off
    OriginServer never(settings, server_address, 1);
    never.take_over(third);
    EXPECT_TRUE(never.takes_requests(now));
}

TEST(OriginServer, GoesAroundItsAddresses) {
    OriginServer server(upstream("u", {}), server_address, 1);
    const auto first = server.next_address();
    EXPECT_EQ(server.next_address(), first + 1);
}

TEST(OriginServer, CountsRequestsInFlight) {
    OriginServer server(upstream("u", {}), server_address, 1);
    server.began();
    server.began();
    server.ended();
    EXPECT_EQ(server.in_flight(), 1u);
}

class SlotTest : public testing::Test {
  protected:
    std::shared_ptr<OriginServer> make(unsigned max_connections, unsigned queue, unsigned workers = 2) {
        auto settings = upstream("u", {});
        settings.max_connections = max_connections;
        settings.queue = queue;
        return std::make_shared<OriginServer>(settings, server_address, workers);
    }
    WaiterPtr waiter(unsigned worker = 0) {
        return std::make_shared<OriginServer::Waiter>(context.get_executor(), worker);
    }
    // Waits for a slot, in the queue of `worker`.
    WaiterPtr queued(OriginServer& server, unsigned worker = 0) {
        auto waits = waiter(worker);
        EXPECT_EQ(server.take_slot(waits), Slot::wait);
        return waits;
    }
    static Task<void> woken(WaiterPtr waits) { co_await waits->wakeup.wait(); }

    asio::io_context context;
};

TEST_F(SlotTest, AreGrantedUpToTheLimit) {
    const auto server = make(2, 0);
    EXPECT_EQ(server->take_slot(waiter()), Slot::granted);
    EXPECT_EQ(server->take_slot(waiter()), Slot::granted);
    EXPECT_EQ(server->open(), 2u);
    EXPECT_EQ(server->take_slot(waiter()), Slot::queue_full);
    server->free_slot();
    EXPECT_EQ(server->open(), 1u);
    EXPECT_EQ(server->take_slot(waiter()), Slot::granted);
}

TEST_F(SlotTest, AreWaitedForByNoMoreThanTheQueueHolds) {
    const auto server = make(1, 2);
    server->take_slot(waiter());
    const auto first = queued(*server), second = queued(*server, 1);
    EXPECT_EQ(server->queued(), 2u);
    EXPECT_EQ(server->take_slot(waiter()), Slot::queue_full);
    EXPECT_EQ(server->take_slot(waiter(1)), Slot::queue_full);
    EXPECT_EQ(server->queued(), 2u);
    server->leave_queue(first);
    EXPECT_EQ(server->take_slot(waiter()), Slot::wait);
}

TEST_F(SlotTest, PassToTheOldestWaiterAndStayTaken) {
    const auto server = make(1, 10);
    server->take_slot(waiter());
    const auto first = queued(*server), second = queued(*server);
    const auto first_woken = start(context, woken(first)), second_woken = start(context, woken(second));
    server->free_slot();
    turn(context);
    EXPECT_TRUE(*first_woken);
    EXPECT_FALSE(*second_woken);
    EXPECT_TRUE(server->has_slot(first));
    EXPECT_FALSE(server->has_slot(second));
    EXPECT_EQ(server->open(), 1u);
    EXPECT_EQ(server->queued(), 1u);
    server->free_slot();
    turn(context);
    EXPECT_TRUE(server->has_slot(second));
    server->free_slot();
    EXPECT_EQ(server->open(), 0u);
}

TEST_F(SlotTest, PassToWaitersOfAllWorkers) {
    const auto server = make(1, 10, 3);
    server->take_slot(waiter());
    std::vector<WaiterPtr> waiters;
    for (const unsigned worker : {0u, 1u, 2u, 0u, 1u, 2u}) waiters.push_back(queued(*server, worker));
    for (int i = 0; i < 3; ++i) server->free_slot();
    for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(server->has_slot(waiters[i]), i < 3) << i;
    for (int i = 0; i < 3; ++i) server->free_slot();
    for (const auto& waits : waiters) EXPECT_TRUE(server->has_slot(waits));
}

TEST_F(SlotTest, AreNotPassedToWhoHasLeft) {
    const auto server = make(1, 10);
    server->take_slot(waiter());
    const auto left = queued(*server), stays = queued(*server);
    EXPECT_FALSE(server->leave_queue(left));
    EXPECT_EQ(server->queued(), 1u);
    server->free_slot();
    EXPECT_FALSE(server->has_slot(left));
    EXPECT_TRUE(server->has_slot(stays));
}

TEST_F(SlotTest, ThatCameJustBeforeTheWaiterLeftAreReported) {
    const auto server = make(1, 10);
    server->take_slot(waiter());
    const auto waits = queued(*server), next = queued(*server);
    server->free_slot();
    EXPECT_TRUE(server->leave_queue(waits));
    server->free_slot();  // so it is not lost
    EXPECT_TRUE(server->has_slot(next));
}

TEST_F(SlotTest, AnIdleConnectionGoesToTheWorkersOldestWaiter) {
    const auto server = make(1, 10);
    server->take_slot(waiter());
    const auto first = queued(*server), second = queued(*server);
    const auto first_woken = start(context, woken(first));
    turn(context);
    bool others = true;
    EXPECT_TRUE(server->offer_idle(0, others));
    EXPECT_FALSE(others);
    turn(context);
    EXPECT_TRUE(*first_woken);
    EXPECT_EQ(first->state, State::look_again);
    EXPECT_FALSE(server->has_slot(first));
    EXPECT_EQ(second->state, State::waiting);
    EXPECT_EQ(server->queued(), 1u);
    EXPECT_EQ(server->open(), 1u);
}

TEST_F(SlotTest, AnIdleConnectionNobodyWaitsForStaysIdle) {
    const auto server = make(1, 10);
    server->take_slot(waiter());
    bool others = true;
    EXPECT_FALSE(server->offer_idle(0, others));
    EXPECT_FALSE(others);
}

TEST_F(SlotTest, AnIdleConnectionThatAnotherWorkerWaitsForIsToBeClosed) {
    const auto server = make(1, 10);
    server->take_slot(waiter());
    const auto elsewhere = queued(*server, 1);
    bool others = false;
    EXPECT_FALSE(server->offer_idle(0, others));
    EXPECT_TRUE(others);
    EXPECT_EQ(elsewhere->state, State::waiting);
    server->free_slot();
    EXPECT_TRUE(server->has_slot(elsewhere));
}

TEST_F(SlotTest, ABusyWorkerDoesNotStarveTheOthers) {
    const auto server = make(1, 100);
    server->take_slot(waiter());
    const auto elsewhere = queued(*server, 1);
    int offers = 0;
    for (bool others = false; !others; ++offers) {
        queued(*server, 0);
        server->offer_idle(0, others);
        ASSERT_LE(offers, 16);
    }
    EXPECT_GT(offers, 1);
}

TEST_F(SlotTest, WhoLookedInVainIsFirstInTheQueueAgain) {
    const auto server = make(1, 2);
    server->take_slot(waiter());
    const auto first = queued(*server), second = queued(*server);
    bool others = false;
    server->offer_idle(0, others);
    const auto third = queued(*server);
    EXPECT_EQ(server->queue_again(first), Slot::wait);  // though the queue is full: it had its place
    EXPECT_EQ(server->queued(), 3u);
    EXPECT_EQ(server->queue_again(first), Slot::wait);  // and it has it once
    EXPECT_EQ(server->queued(), 3u);
    server->free_slot();
    EXPECT_TRUE(server->has_slot(first));
    EXPECT_FALSE(server->has_slot(second));
}

TEST_F(SlotTest, WhoLookedInVainIsGrantedASlotThatIsFree) {
    const auto server = make(1, 2);
    server->take_slot(waiter());
    const auto waits = queued(*server);
    bool others = false;
    server->offer_idle(0, others);
    server->free_slot();
    EXPECT_EQ(server->open(), 0u);
    EXPECT_EQ(server->queue_again(waits), Slot::granted);
    EXPECT_EQ(server->open(), 1u);
}

}  // namespace
}  // namespace larder::proxy
