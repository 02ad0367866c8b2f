#include "proxy/loops.h"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <stdexcept>

#include "tests/proxy/running.h"

namespace larder::proxy {
namespace {

// Events as text.
class LoopsTest : public testing::Test {
  protected:
    ~LoopsTest() override { std::fclose(file); }
    std::string said() {
        std::fflush(file);
        std::string text(static_cast<std::size_t>(std::ftell(file)), '\0');
        std::rewind(file);
        text.resize(std::fread(text.data(), 1, text.size(), file));
        return text;
    }
    std::FILE* const file = std::tmpfile();
    Events events{file};
    Loops loops{events};
    asio::io_context context;
};

Task<void> fail_until(int& runs, int last) {
    if (++runs < last) throw std::runtime_error("no memory for run " + std::to_string(runs));
    co_return;
}

Task<void> fail_after(asio::io_context& context, std::chrono::milliseconds wait) {
    asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor> timer(context.get_executor(), wait);
    co_await timer.async_wait(no_throw);
    throw std::runtime_error("late");
}

TEST_F(LoopsTest, ALoopThatThrowsBeginsAnewIsToldAndCounted) {
    int runs = 0;
    loops.keep(context.get_executor(), Loop::resolver, [&runs] { return fail_until(runs, 4); });
    context.run();
    EXPECT_EQ(runs, 4);
    EXPECT_EQ(loops.restarts(Loop::resolver), 3u);
    EXPECT_EQ(loops.restarts(Loop::accept), 0u);
    const std::string text = said();
    EXPECT_NE(text.find("\"event\":\"loop_restarted\",\"name\":\"resolver\",\"error\":\"no memory for run 1\""),
              std::string::npos)
        << text;
    EXPECT_EQ(text.find("run 2"), std::string::npos) << "once a second at most: " << text;
}

TEST_F(LoopsTest, ALoopRestsBeforeItBeginsAnew) {
    int runs = 0;
    loops.keep(context.get_executor(), Loop::accept, [&runs] { return fail_until(runs, 1000); });
    context.poll();
    EXPECT_EQ(runs, 1);
}

TEST_F(LoopsTest, ALoopThatReturnsIsOver) {
    int runs = 0;
    loops.keep(context.get_executor(), Loop::accept, [&runs] { return fail_until(runs, 0); });
    context.run();
    EXPECT_EQ(runs, 1);
    EXPECT_EQ(loops.restarts(Loop::accept), 0u);
}

TEST_F(LoopsTest, ALoopWhoseCoroutineCannotBeMadeBeginsAnewToo) {
    int runs = 0;
    loops.keep(context.get_executor(), Loop::signals, [&runs]() -> Task<void> {
        if (++runs == 1) throw std::bad_alloc();
        return fail_until(runs, 0);
    });
    context.run();
    EXPECT_GE(runs, 2);
    EXPECT_EQ(loops.restarts(Loop::signals), 1u);
}

TEST_F(LoopsTest, AnErrandThatThrowsIsToldAndCounted) {
    loops.run(context.get_executor(), Errand::tunnel, fail_after(context, std::chrono::milliseconds(1)));
    context.run();
    EXPECT_EQ(loops.failures(Errand::tunnel), 1u);
    EXPECT_NE(said().find("\"event\":\"errand_failed\",\"name\":\"tunnel\",\"error\":\"late\""), std::string::npos);
}

TEST_F(LoopsTest, AHandlerThatThrowsDoesNotEndTheThread) {
    bool after = false;
    asio::post(context, [] { throw std::runtime_error("in a handler"); });
    asio::post(context, [&after] { after = true; });
    loops.run_context(context);
    EXPECT_TRUE(after);
    EXPECT_EQ(loops.failures(Errand::handler), 1u);
}

}  // namespace
}  // namespace larder::proxy
