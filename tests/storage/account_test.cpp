#include "storage/account.h"

#include <gtest/gtest.h>

#include <malloc.h>

#include <thread>
#include <vector>

#include "tests/storage/memory_fixture.h"

namespace larder::storage {
namespace {

using Purpose = Account::Purpose;

std::shared_ptr<Body> body_in(Account& account, std::string_view text) {
    auto body = std::make_shared<Body>();
    body->append(piece_of(text, account));
    return body;
}

TEST(Piece, IsChargedUntilItsLastHolderLetsGo) {
    Account account;
    {
        Piece piece(account, 1000);
        EXPECT_EQ(account.outside(), Piece::charge_of(1000));
        EXPECT_EQ(piece.charge(), Piece::charge_of(1000));
        const Piece copy = piece, some = piece.part(10, 5);
        piece = {};
        EXPECT_EQ(account.outside(), Piece::charge_of(1000));
        EXPECT_EQ(some.size, 5u);
    }
    EXPECT_EQ(account.outside(), 0u);
}

TEST(Piece, CostsWhatItIsChargedWith) {
    Account account;
    for (const std::size_t bytes : {1u, 16u, 17u, 1000u, 16'384u, 100'000u, 262'000u}) {
        const std::size_t count = std::clamp<std::size_t>(config::MiB / bytes, 16, 2000);
        std::vector<Piece> pieces;
        pieces.reserve(count);
        const auto before = ::mallinfo2();
        for (std::size_t i = 0; i < count; ++i) pieces.emplace_back(account, bytes);
        const auto after = ::mallinfo2();
        const std::size_t used = after.uordblks + after.hblkhd - before.uordblks - before.hblkhd;
        if (used == 0) GTEST_SKIP() << "another allocator";
        EXPECT_NEAR(static_cast<double>(used) / static_cast<double>(count), static_cast<double>(pieces[0].charge()),
                    static_cast<double>(pieces[0].charge()) / 20)
            << bytes;
    }
}

TEST(Piece, ContinuesOneWhoseBytesLieRightBeforeItsOwn) {
    const Piece block = piece_of("abcdef"), other = piece_of("ghi");
    EXPECT_TRUE(block.part(2, 4).continues(block.part(0, 2)));
    EXPECT_FALSE(block.part(3, 3).continues(block.part(0, 2)));
    EXPECT_FALSE(other.continues(block));
}

TEST(Account, BytesOfALayerAreNotOutside) {
    Account account;
    const auto body = body_in(account, "0123456789");
    const std::uint64_t all = account.outside();
    EXPECT_EQ(body->outside(), all);
    {
        const InLayer one(body.get());
        EXPECT_EQ(account.outside(), 0u);
        EXPECT_EQ(account.in_layers(), all);
        EXPECT_EQ(body->outside(), 0u);
        InLayer other(body.get());
        const InLayer moved = std::move(other);
        EXPECT_EQ(account.in_layers(), all);
    }
    EXPECT_EQ(account.outside(), all);
    EXPECT_EQ(account.in_layers(), 0u);
}

TEST(Account, APieceThatTwoBodiesShareCountsOnce) {
    Account account;
    const auto part = body_in(account, "0123456789");
    auto whole = std::make_shared<Body>();
    whole->append(part->pieces.front().part(2, 4));
    const std::uint64_t all = account.outside();
    const InLayer both(whole.get());
    {
        const InLayer one(part.get());
        EXPECT_EQ(account.in_layers(), all);
    }
    EXPECT_EQ(account.in_layers(), all);
    EXPECT_EQ(part->outside(), 0u);
}

TEST(Account, ReservationsEndAtItsBound) {
    Account account(1000);
    Reservation one(account, Purpose::fill), other(account, Purpose::fill);
    EXPECT_TRUE(one.ensure(600));
    EXPECT_FALSE(other.ensure(401));
    EXPECT_TRUE(other.ensure(400));
    EXPECT_TRUE(other.ensure(300));
    EXPECT_FALSE(other.ensure(~std::uint64_t{0}));
    EXPECT_EQ(account.outside(), 1000u);
    EXPECT_EQ(account.reserved(Purpose::fill), 1000u);
    EXPECT_EQ(account.pinned(), 0u);
    one.end();
    EXPECT_EQ(account.outside(), 400u);
    account.change_max_outside(100);
    EXPECT_FALSE(one.ensure(1));
}

TEST(Account, WhatAPieceIsMadeOfIsItsOwnWhenTheReservationEnds) {
    Account account(10'000);
    Piece piece;
    {
        Reservation fill(account, Purpose::fill);
        EXPECT_TRUE(fill.ensure(5000));
        piece = Piece(fill, 1000);
        EXPECT_EQ(account.outside(), 5000u);
        EXPECT_EQ(fill.unused(), 5000 - Piece::charge_of(1000));
        EXPECT_EQ(account.pinned(), 0u);
    }
    EXPECT_EQ(account.outside(), Piece::charge_of(1000));
    EXPECT_EQ(account.pinned(), Piece::charge_of(1000));
    EXPECT_EQ(account.reserved(Purpose::fill), 0u);
}

TEST(Account, WhatNobodyReservedIsChargedBeyondTheBound) {
    Account account(100);
    const Piece piece(account, 1000);
    EXPECT_GT(account.outside(), account.max_outside());
    EXPECT_TRUE(account.tight());
    Reservation fill(account, Purpose::fill);
    EXPECT_FALSE(fill.ensure(1));
}

TEST(Account, RequestContentHasAQuarter) {
    Account account(1000);
    Reservation content(account, Purpose::content), fill(account, Purpose::fill);
    EXPECT_FALSE(content.ensure(251));
    EXPECT_TRUE(content.ensure(250));
    EXPECT_TRUE(fill.ensure(750));
    EXPECT_EQ(account.outside(), 1000u);
}

TEST(Account, ThreadsNeverReserveMoreThanTheBoundTogether) {
    Account account(1000);
    std::atomic<bool> exceeded = false;
    const auto reserve = [&] {
        for (int i = 0; i < 5000; ++i) {
            Reservation reservation(account, Purpose::fill);
            if (reservation.ensure(300) && account.outside() > 1000) exceeded = true;
        }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(reserve);
    for (std::thread& thread : threads) thread.join();
    EXPECT_FALSE(exceeded);
    EXPECT_EQ(account.outside(), 0u);
}

// The memory layer: whatever way an object leaves it, its bytes are outside while somebody holds it, and gone then.
class LayerAccount : public testing::Test {
  protected:
    std::shared_ptr<Object> object(std::string_view content, std::uint64_t ticket = 1) {
        auto made = std::make_shared<Object>();
        made->body = body_in(account, content);
        made->lifetime = {.response_time = now, .freshness = 1000};
        made->ticket = ticket;
        return made;
    }
    void expect(std::uint64_t bodies_in_layers, std::uint64_t bodies_outside) {
        EXPECT_EQ(account.in_layers(), bodies_in_layers * Piece::charge_of(size));
        EXPECT_EQ(account.outside(), bodies_outside * Piece::charge_of(size));
    }

    static constexpr std::size_t size = 1000;
    Account account;
    MemoryLayer layer{MemoryOptions{.max_bytes = 8 * config::MiB}};
    const Key key{"http://h/a"};
    const std::string content = std::string(size, 'x');
};

TEST_F(LayerAccount, AnObjectThatIsReplacedIsOutsideWhileItIsRead) {
    layer.insert(key.view, object(content), open_permit, now, 8);
    expect(1, 0);
    auto reader = layer.find(key.view, now);
    expect(1, 0);
    layer.insert(key.view, object(content, 2), open_permit, now, 8);
    expect(1, 1);
    reader.reset();
    expect(1, 0);
}

TEST_F(LayerAccount, ARefreshedObjectSharesItsBody) {
    layer.insert(key.view, object(content), open_permit, now, 8);
    auto reader = layer.find(key.view, now);
    const ObjectPtr old = reader->variants.front();
    auto next = std::make_shared<Object>(*old);
    next->ticket = 2;
    EXPECT_EQ(layer.refresh(key.view, old.get(), next, open_permit, now), Stored::yes);
    next.reset();
    expect(1, 0);
}

TEST_F(LayerAccount, OtherVariantsStayWhenOneComes) {
    for (int i = 0; i < 5; ++i) {
        auto made = object(content);
        made->vary = {{"a", std::to_string(i)}};
        layer.insert(key.view, made, open_permit, now, 3);
        made.reset();
        expect(std::min(i + 1, 3), 0);
    }
}

TEST_F(LayerAccount, WhatIsEvictedOrErasedOrDestroyedLeavesNothing) {
    for (int i = 0; i < 20'000; ++i) {
        const Key each("http://h/" + std::to_string(i));
        layer.insert(each.view, object(content), open_permit, now, 8);
    }
    EXPECT_GT(layer.stats().evictions, 0u);
    EXPECT_EQ(account.outside(), 0u);
    EXPECT_EQ(account.in_layers(), layer.stats().objects * Piece::charge_of(size));
    layer.change(config::MiB, config::EvictionPolicy::lru, now);
    EXPECT_EQ(account.in_layers(), layer.stats().objects * Piece::charge_of(size));
    {
        MemoryLayer other(MemoryOptions{.max_bytes = config::MiB});
        other.insert(key.view, object(content), open_permit, now, 8);
    }
    layer.change(0, config::EvictionPolicy::lru, now);
    expect(0, 0);
}

}  // namespace
}  // namespace larder::storage
