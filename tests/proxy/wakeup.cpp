#include "proxy/wakeup.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/proxy/running.h"

namespace larder::proxy {
namespace {

Task<void> wait(Wakeup& wakeup, int times, int& passed) {
    for (int i = 0; i < times; ++i) {
        co_await wakeup.wait();
        ++passed;
    }
}

// Waits for the one, then wakes the other.
Task<void> pass_on(Wakeup& from, Wakeup& to, int times, int& passed) {
    for (int i = 0; i < times; ++i) {
        co_await from.wait();
        ++passed;
        to.notify();
    }
}

TEST(Wakeup, WaitsUntilItIsNotified) {
    asio::io_context context;
    Wakeup wakeup(context.get_executor());
    int passed = 0;
    const auto ended = start(context, wait(wakeup, 1, passed));
    turn(context);
    EXPECT_EQ(passed, 0);
    wakeup.notify();
    EXPECT_EQ(passed, 0);  // it goes on where its context runs, not inside notify()
    turn(context);
    EXPECT_EQ(passed, 1);
    EXPECT_TRUE(*ended);
}

TEST(Wakeup, ANotificationThatCameFirstIsKept) {
    asio::io_context context;
    Wakeup wakeup(context.get_executor());
    wakeup.notify();
    int passed = 0;
    start(context, wait(wakeup, 1, passed));
    turn(context);
    EXPECT_EQ(passed, 1);
}

TEST(Wakeup, NotificationsThatCameFirstAreKeptOnce) {
    asio::io_context context;
    Wakeup wakeup(context.get_executor());
    for (int i = 0; i < 3; ++i) wakeup.notify();
    int passed = 0;
    start(context, wait(wakeup, 2, passed));
    turn(context);
    EXPECT_EQ(passed, 1);
    wakeup.notify();
    turn(context);
    EXPECT_EQ(passed, 2);
}

TEST(Wakeup, ANotificationBetweenTwoWaitsIsKept) {
    asio::io_context context;
    Wakeup wakeup(context.get_executor());
    int passed = 0;
    start(context, wait(wakeup, 2, passed));
    turn(context);
    wakeup.notify();
    wakeup.notify();  // nobody waits between this one and its turn
    turn(context);
    EXPECT_EQ(passed, 2);
}

TEST(Wakeup, NoNotificationIsLostBetweenThreads) {
    constexpr int rounds = 5000;
    asio::io_context here, there;
    Wakeup ping(here.get_executor()), pong(there.get_executor());
    int here_passed = 0, there_passed = 0;
    start(here, pass_on(ping, pong, rounds, here_passed));
    start(there, pass_on(pong, ping, rounds, there_passed));
    std::thread other([&] { there.run(); });
    ping.notify();
    here.run();
    other.join();
    EXPECT_EQ(here_passed, rounds);
    EXPECT_EQ(there_passed, rounds);
}

}  // namespace
}  // namespace larder::proxy
