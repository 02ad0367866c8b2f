// A producer and its followers, each on a thread of its own.
#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "tests/proxy/filled.h"
#include "tests/proxy/running.h"

namespace larder::proxy {
namespace {

// The byte at each place, so that a reader knows by itself whether what it got is right.
char byte_at(std::uint64_t place) {
    return static_cast<char>((place * 2654435761u) >> 13);
}

constexpr std::uint64_t body_size = 1 << 20;

Task<void> produce(std::shared_ptr<Fill> fill, Wakeup& wakeup, bool keep, bool& finished) {
    fill->begin(head_of_response(), body_size);
    if (!keep) fill->stop_keeping();
    std::uint64_t at = 0;
    while (at < body_size) {
        std::string text(std::min<std::uint64_t>(body_size - at, 1 + at % 7919), ' ');
        for (char& c : text) c = byte_at(at++);
        fill->append(piece(text));
        if (keep) continue;
        const bool followed = co_await fill->room(wakeup, fill->window());
        if (!followed) co_return;
    }
    fill->complete(nullptr);
    finished = true;
}

struct Seen {
    std::uint64_t bytes = 0;
    bool wrong = false, end = false, cut = false;
};

Task<void> follow(std::optional<Fill::Follower>& follower, std::size_t most, Seen& seen) {
    while (!seen.end && !seen.cut) {
        const auto next = follower->next(most);
        for (const auto& each : next.pieces) {
            for (std::size_t i = 0; i < each.size; ++i) {
                if (each.data[i] != byte_at(seen.bytes++)) seen.wrong = true;
            }
        }
        seen.end = next.end;
        seen.cut = next.cut;
        const bool nothing = next.pieces.empty() && !next.end && !next.cut;
        if (nothing) co_await follower->wakeup().wait();
    }
    follower.reset();
}

struct Result {
    bool finished = false;
    std::array<Seen, 3> seen;
};

Result run_on_threads(bool keep, std::uint64_t window) {
    Result result;
    const auto fill = std::make_shared<Fill>(window);
    asio::io_context producer;
    Wakeup wakeup(producer.get_executor());
    std::array<asio::io_context, 3> contexts;
    std::array<std::optional<Fill::Follower>, 3> followers;
    const std::array<std::size_t, 3> most = {100'000, 5'000, 1};
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 3; ++i) followers[i].emplace(fill, contexts[i].get_executor(), 3);
    start(producer, produce(fill, wakeup, keep, result.finished));
    for (std::size_t i = 0; i < 3; ++i) {
        start(contexts[i], follow(followers[i], most[i], result.seen[i]));
        threads.emplace_back([&context = contexts[i]] { context.run(); });
    }
    threads.emplace_back([&producer] { producer.run(); });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(fill->followers(), 0u);
    return result;
}

TEST(FillOnThreads, GivesEveryFollowerAllBytesWhileItIsKept) {
    const Result result = run_on_threads(true, 1000);
    EXPECT_TRUE(result.finished);
    for (const Seen& seen : result.seen) {
        EXPECT_FALSE(seen.wrong);
        EXPECT_TRUE(seen.end);
        EXPECT_EQ(seen.bytes, body_size);
    }
}

TEST(FillOnThreads, GivesEveryFollowerAllBytesOrCutsItVisibly) {
    const Result result = run_on_threads(false, 30'000);
    EXPECT_TRUE(result.finished);
    int whole = 0;
    for (const Seen& seen : result.seen) {
        EXPECT_FALSE(seen.wrong);
        EXPECT_NE(seen.end, seen.cut);
        EXPECT_EQ(seen.end, seen.bytes == body_size);
        whole += seen.end;
    }
    EXPECT_GE(whole, 1);  // the fastest is never cut
}

}  // namespace
}  // namespace larder::proxy
