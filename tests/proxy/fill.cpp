#include "proxy/fill.h"

#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <thread>

#include "tests/proxy/filled.h"
#include "tests/proxy/running.h"

namespace larder::proxy {
namespace {

Task<void> waited(Wakeup& wakeup) {
    co_await wakeup.wait();
}

class FillTest : public testing::Test {
  protected:
    asio::io_context context;
};

TEST_F(FillTest, FollowersAtDifferentSpeedsGetAllBytes) {
    const auto fill = streaming_fill(10);
    Reader each(fill, context), some(fill, context), none(fill, context);
    std::string all;
    for (int i = 0; i < 100; ++i) {
        const std::string text = "<" + std::to_string(i) + ">";
        fill->append(piece(text));
        all += text;
        each.take_all();
        if (i % 7 == 0) some.take(1);
    }
    fill->complete(nullptr);
    for (Reader* reader : {&each, &some, &none}) {
        reader->take_all();
        EXPECT_EQ(reader->text, all);
        EXPECT_TRUE(reader->end);
        EXPECT_FALSE(reader->cut);
    }
}

TEST_F(FillTest, WhoComesLateGetsAllFromTheBeginning) {
    const auto fill = streaming_fill(2);
    Reader first(fill, context);
    for (const char* text : {"abc", "def", "ghi"}) fill->append(piece(text));
    first.take_all();
    Reader second(fill, context);
    ASSERT_TRUE(second.follower.joined());
    fill->append(piece("jkl"));
    fill->complete(nullptr);
    second.take_all();
    EXPECT_EQ(second.text, "abcdefghijkl");
    EXPECT_TRUE(second.end);
}

TEST_F(FillTest, TakesAboutAsMuchAsIsAskedFor) {
    const auto fill = streaming_fill(100);
    Reader reader(fill, context);
    for (const char* text : {"abc", "def", "ghi"}) fill->append(piece(text));
    reader.take(1);
    EXPECT_EQ(reader.text, "abc");
    reader.take(4);
    EXPECT_EQ(reader.text, "abcdefghi");
    EXPECT_FALSE(reader.take(100));
    EXPECT_FALSE(reader.end);
    EXPECT_FALSE(reader.cut);
}

TEST_F(FillTest, TheEndComesWithTheLastPiece) {
    const auto fill = streaming_fill(100);
    Reader reader(fill, context);
    fill->append(piece("abc"));
    fill->append(piece("def"));
    fill->complete(nullptr);
    reader.take(1);
    EXPECT_FALSE(reader.end);
    reader.take(1);
    EXPECT_TRUE(reader.end);
}

TEST_F(FillTest, KeepsTheWholeBodyForTheLayerHoweverFarItsFollowersAre) {
    const auto fill = streaming_fill(1);
    Reader reader(fill, context);
    for (const char* text : {"abc", "def", "ghi"}) {
        fill->append(piece(text));
        reader.take_all();
    }
    ASSERT_TRUE(fill->body());
    EXPECT_EQ(text_of(fill->body()->pieces), "abcdefghi");
    EXPECT_EQ(fill->body()->size, 9u);
    fill->stop_keeping();
    EXPECT_FALSE(fill->body());
}

TEST_F(FillTest, AFollowerOutOfTheWindowIsCut) {
    const auto fill = streaming_fill(10);
    fill->stop_keeping();
    Reader fast(fill, context), slow(fill, context);
    std::string all;
    for (int i = 0; i < 8; ++i) {
        fill->append(piece("abcde"));
        all += "abcde";
        fast.take_all();
    }
    EXPECT_FALSE(slow.take(1000));
    EXPECT_TRUE(slow.cut);
    EXPECT_EQ(slow.text, "");

    fill->append(piece("!"));
    fill->complete(nullptr);
    fast.take_all();
    EXPECT_EQ(fast.text, all + "!");
    EXPECT_TRUE(fast.end);
    EXPECT_FALSE(slow.take(1000));
    EXPECT_FALSE(slow.end);
    EXPECT_TRUE(slow.cut);
}

TEST_F(FillTest, AFollowerWithinTheWindowIsNotCut) {
    const auto fill = streaming_fill(10);
    fill->stop_keeping();
    Reader fast(fill, context), slow(fill, context);
    for (int i = 0; i < 8; ++i) {
        fill->append(piece("abcde"));
        fast.take_all();
        if (i >= 2) slow.take(1);  // stays two pieces behind: just the window
    }
    fill->complete(nullptr);
    slow.take_all();
    EXPECT_EQ(slow.text.size(), 40u);
    EXPECT_TRUE(slow.end);
}

TEST_F(FillTest, WhatWasKeptStaysForThoseWithinTheWindow) {
    const auto fill = streaming_fill(6);
    Reader fast(fill, context), slow(fill, context), last(fill, context);
    for (const char* text : {"abc", "def", "ghi"}) fill->append(piece(text));
    fast.take_all();
    slow.take(1);
    fill->stop_keeping();
    slow.take_all();
    EXPECT_EQ(slow.text, "abcdefghi");
    EXPECT_FALSE(last.take(1000));
    EXPECT_TRUE(last.cut);
}

TEST_F(FillTest, RefusesWhoComesAfterPiecesWereDropped) {
    const auto fill = streaming_fill(3);
    fill->stop_keeping();
    Reader first(fill, context);
    fill->append(piece("abc"));
    EXPECT_TRUE(Reader(fill, context).follower.joined());  // nothing is dropped yet
    first.take_all();
    Reader late(fill, context);
    EXPECT_FALSE(late.follower.joined());
    EXPECT_EQ(fill->followers(), 1u);
}

TEST_F(FillTest, TakesNoMoreFollowersThanAreAllowed) {
    const auto fill = streaming_fill(3);
    Reader first(fill, context, 2);
    {
        Reader second(fill, context, 2), third(fill, context, 2);
        EXPECT_TRUE(second.follower.joined());
        EXPECT_FALSE(third.follower.joined());
        EXPECT_EQ(fill->followers(), 2u);
    }
    EXPECT_EQ(fill->followers(), 1u);
    EXPECT_TRUE(Reader(fill, context, 2).follower.joined());
}

TEST_F(FillTest, TheProducerWaitsForTheFastest) {
    const auto fill = streaming_fill(4);
    fill->stop_keeping();
    Reader fast(fill, context), slow(fill, context);
    Wakeup wakeup(context.get_executor());

    fill->append(piece("abcd"));
    const auto within = start(context, fill->room(wakeup));
    turn(context);
    EXPECT_EQ(*within, true);

    fill->append(piece("e"));
    const auto beyond = start(context, fill->room(wakeup));
    turn(context);
    EXPECT_EQ(*beyond, std::nullopt);
    fast.take(1);
    turn(context);
    EXPECT_EQ(*beyond, true);
}

TEST_F(FillTest, TheProducerEndsWhenNobodyFollows) {
    const auto fill = streaming_fill(4);
    fill->stop_keeping();
    Wakeup wakeup(context.get_executor());
    std::optional<Reader> one(std::in_place, fill, context), other(std::in_place, fill, context);
    fill->append(piece("abcdef"));
    const auto room = start(context, fill->room(wakeup));
    turn(context);
    one.reset();
    turn(context);
    EXPECT_EQ(*room, std::nullopt);
    other.reset();
    turn(context);
    EXPECT_EQ(*room, false);

    const auto again = start(context, fill->room(wakeup));
    turn(context);
    EXPECT_EQ(*again, false);
}

TEST_F(FillTest, ABrokenBodyIsCutBehindWhatArrived) {
    const auto fill = streaming_fill(100);
    Reader reader(fill, context);
    fill->append(piece("abc"));
    fill->break_off();
    EXPECT_TRUE(reader.take(1000));
    EXPECT_EQ(reader.text, "abc");
    EXPECT_FALSE(reader.end);
    EXPECT_FALSE(reader.take(1000));
    EXPECT_TRUE(reader.cut);
    EXPECT_EQ(fill->progress().state, Fill::State::broken);
}

TEST_F(FillTest, TellsHowFarItIs) {
    const auto fill = std::make_shared<Fill>(10);
    EXPECT_EQ(fill->progress().state, Fill::State::awaiting_head);
    EXPECT_EQ(fill->ticket(), 0u);
    fill->set_ticket(7);
    EXPECT_EQ(fill->ticket(), 7u);

    const auto head = head_of_response();
    fill->begin(head, 6);
    EXPECT_EQ(fill->progress().state, Fill::State::streaming);
    EXPECT_EQ(fill->progress().object, head);
    EXPECT_EQ(fill->progress().length, 6u);

    const auto whole = head_of_response();
    fill->complete(whole);
    EXPECT_EQ(fill->progress().state, Fill::State::complete);
    EXPECT_EQ(fill->progress().object, whole);
}

TEST_F(FillTest, CompleteWithoutAnObjectKeepsTheHead) {
    const auto fill = std::make_shared<Fill>(10);
    const auto head = head_of_response();
    fill->begin(head, std::nullopt);
    fill->complete(nullptr);
    EXPECT_EQ(fill->progress().object, head);
}

TEST_F(FillTest, TellsWhyNoHeadCame) {
    const auto failed = std::make_shared<Fill>(10);
    failed->fail(Problem::of(UpstreamError::connect_refused));
    EXPECT_EQ(failed->progress().state, Fill::State::failed);
    EXPECT_EQ(failed->progress().problem.upstream, UpstreamError::connect_refused);

    const auto unshared = std::make_shared<Fill>(10);
    unshared->unshare();
    EXPECT_EQ(unshared->progress().state, Fill::State::unshared);
}

TEST_F(FillTest, WakesItsFollowersAtEveryStep) {
    const std::array<void (*)(Fill&), 6> steps = {
        [](Fill& fill) { fill.unshare(); },
        [](Fill& fill) { fill.fail(Problem::of(UpstreamError::closed)); },
        [](Fill& fill) { fill.begin(head_of_response(), 1); },
        [](Fill& fill) { fill.append(piece("a")); },
        [](Fill& fill) { fill.complete(nullptr); },
        [](Fill& fill) { fill.break_off(); },
    };
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const auto fill = std::make_shared<Fill>(10);
        if (i > 2) fill->begin(head_of_response(), 1);
        Reader one(fill, context), other(fill, context);
        const auto one_woken = start(context, waited(one.follower.wakeup()));
        const auto other_woken = start(context, waited(other.follower.wakeup()));
        turn(context);
        EXPECT_FALSE(*one_woken || *other_woken) << i;
        steps[i](*fill);
        turn(context);
        EXPECT_TRUE(*one_woken && *other_woken) << i;
    }
}

// --- a producer and its followers on threads of their own

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
        const bool followed = co_await fill->room(wakeup);
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
