#include "proxy/fill.h"

#include <gtest/gtest.h>

#include <array>

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
        if (i >= 1) slow.take(1);  // before the next piece it is one behind, after it two: just the window
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
    const auto within = start(context, fill->room(wakeup, 4));
    turn(context);
    EXPECT_EQ(*within, true);

    fill->append(piece("e"));
    const auto beyond = start(context, fill->room(wakeup, 4));
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
    const auto room = start(context, fill->room(wakeup, 4));
    turn(context);
    one.reset();
    turn(context);
    EXPECT_EQ(*room, std::nullopt);
    other.reset();
    turn(context);
    EXPECT_EQ(*room, false);

    const auto again = start(context, fill->room(wakeup, 4));
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
    const auto now = Steady::now();
    fill->begin_fetch(7, now);
    EXPECT_EQ(fill->ticket(), 7u);
    EXPECT_EQ(fill->progress().asked, now);

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

TEST_F(FillTest, ALastPieceIsShownWhenTheWholeIsComplete) {
    const auto fill = streaming_fill(10);
    Reader reader(fill, context);
    const auto woken = start(context, waited(reader.follower.wakeup()));
    fill->append(piece("abc"), true);
    turn(context);
    EXPECT_FALSE(*woken);
    fill->complete(nullptr);
    turn(context);
    EXPECT_TRUE(*woken);
    reader.take(1000);
    EXPECT_EQ(reader.text, "abc");
    EXPECT_TRUE(reader.end);
}

TEST_F(FillTest, PinsNothingWhileItsProducerNeedsTheBodyAndThenWhatNoLayerHolds) {
    const auto fill = streaming_fill(10);
    fill->append(piece("abc"));
    EXPECT_EQ(fill->pinned(), 0u);
    const auto whole = std::make_shared<storage::Object>();
    whole->body = fill->body();
    fill->complete(whole);
    EXPECT_EQ(fill->pinned(), storage::Piece::charge_of(3));
    {
        const storage::InLayer layer(whole->body.get());
        EXPECT_EQ(fill->pinned(), 0u);
    }
    EXPECT_EQ(fill->pinned(), storage::Piece::charge_of(3));

    const auto unkept = streaming_fill(10);
    Reader slow(unkept, context);
    unkept->stop_keeping();
    unkept->append(piece("abc"));
    EXPECT_EQ(unkept->pinned(), storage::Piece::charge_of(3));
}

TEST_F(FillTest, TellsItsFollowersThatItIsNotKeptAnyMore) {
    const auto fill = streaming_fill(10);
    Reader reader(fill, context);
    const auto woken = start(context, waited(reader.follower.wakeup()));
    turn(context);
    EXPECT_FALSE(*woken);
    fill->stop_keeping();
    turn(context);
    EXPECT_TRUE(*woken);
    EXPECT_FALSE(fill->progress().kept);
}

TEST_F(FillTest, PiecesThatContinueOneAnotherAreOneOfTheBody) {
    const auto fill = streaming_fill(10);
    const auto block = piece("abcdef");
    fill->append(block.part(0, 2));
    fill->append(block.part(2, 4));
    fill->append(piece("ghi"));
    ASSERT_EQ(fill->body()->pieces.size(), 2u);
    EXPECT_EQ(text_of(fill->body()->pieces), "abcdefghi");
    EXPECT_EQ(fill->progress().produced, 9u);
}

TEST_F(FillTest, TellsThatAnInvalidationCameInBetween) {
    const auto fill = streaming_fill(10);
    EXPECT_FALSE(fill->progress().overtaken);
    fill->overtaken();
    EXPECT_TRUE(fill->progress().overtaken);
    EXPECT_EQ(fill->progress().state, Fill::State::streaming);
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

}  // namespace
}  // namespace larder::proxy
