// Pieces of bodies for tests, and an account for all that does not ask what is in it.
#pragma once

#include <cstring>
#include <string_view>

#include "storage/piece.h"

namespace larder::storage {

inline Account& test_account() {
    static Account account;
    return account;
}

inline Piece piece_of(std::string_view text, Account& account = test_account()) {
    Piece piece(account, text.size());
    std::memcpy(piece.data.get(), text.data(), text.size());
    return piece;
}

}  // namespace larder::storage
