#include "proxy/upstream/health.h"

#include <gtest/gtest.h>

#include "tests/proxy/running.h"
#include "tests/proxy/sharing.h"

namespace larder::proxy {
namespace {

std::shared_ptr<OriginServer> named_server() {
    const config::Server where{false, "localhost", 3000};
    return std::make_shared<OriginServer>(upstream("u", {where}), where, 1u);
}

TEST(Resolving, MakesANameKnown) {
    asio::io_context context;
    const auto server = named_server();
    EXPECT_FALSE(server->addresses());
    const auto ended = start(context, resolve_once(context.get_executor(), server, std::chrono::seconds(10)));
    context.run_for(std::chrono::seconds(10));
    EXPECT_TRUE(*ended);
    ASSERT_TRUE(server->addresses());
    EXPECT_TRUE(server->addresses()->front().address().is_loopback());
}

// The time may be over at any moment, also between the answer and the end of the coroutine: its handler runs then when
// that is gone. A sanitizer sees what it touches.
TEST(Resolving, MayRunOutOfTimeAtAnyMoment) {
    for (int i = 0; i < 300; ++i) {
        asio::io_context context;
        const auto ended =
            start(context, resolve_once(context.get_executor(), named_server(), std::chrono::milliseconds(i % 3)));
        // Both are due when the context is next asked.
        while (!*ended) {
            context.restart();
            context.run_for(std::chrono::milliseconds(1));
        }
        context.run_for(std::chrono::milliseconds(1));
    }
}

}  // namespace
}  // namespace larder::proxy
