#include "proxy/body_blocks.h"

#include <gtest/gtest.h>

#include "tests/pieces.h"

namespace larder::proxy {
namespace {

std::string text_of(const storage::Body& body) {
    std::string text;
    for (const auto& piece : body.pieces) text.append(piece.data.get(), piece.size);
    return text;
}

TEST(BodyBlocks, ABlockFillsWholePages) {
    EXPECT_EQ(storage::Piece::charge_of(block_bytes), 256u * 1024);
}

TEST(BodyBlocks, ABodyIsChargedWithItsBlocks) {
    storage::Account account;
    for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{block_bytes},
                                     std::uint64_t{block_bytes + 1}, std::uint64_t{3 * block_bytes}}) {
        std::vector<storage::Piece> pieces;
        for (std::uint64_t left = size; left > 0;) {
            pieces.emplace_back(account, std::min<std::uint64_t>(left, block_bytes));
            left -= pieces.back().size;
        }
        EXPECT_EQ(charge_of_body(size), account.outside()) << size;
    }
}

TEST(BodyBlocks, ManySmallPiecesArePutTogether) {
    storage::Account account;
    auto body = std::make_shared<storage::Body>();
    std::string text;
    for (int i = 0; i < 1000; ++i) {
        const std::string each = std::to_string(i) + ",";
        text += each;
        body->append(storage::piece_of(each, account));
    }
    const auto made = packed(account, body);
    EXPECT_EQ(made->pieces.size(), 1u);
    EXPECT_EQ(text_of(*made), text);
    EXPECT_EQ(made->size, text.size());
}

TEST(BodyBlocks, ASmallPartOfALargeBlockIsCopiedOutOfIt) {
    storage::Account account;
    auto body = std::make_shared<storage::Body>();
    body->append(storage::piece_of(std::string(100'000, 'x'), account).part(0, 10));
    EXPECT_GT(account.outside(), 100'000u);
    const auto made = packed(account, body);
    body.reset();
    EXPECT_LT(account.outside(), 200u);
    EXPECT_EQ(text_of(*made), std::string(10, 'x'));
}

TEST(BodyBlocks, ABodyThatIsWellCutStaysAsItIs) {
    storage::Account account;
    const auto body = std::make_shared<storage::Body>();
    for (int i = 0; i < 3; ++i) body->append(storage::Piece(account, block_bytes));
    EXPECT_EQ(packed(account, body), body);
}

}  // namespace
}  // namespace larder::proxy
