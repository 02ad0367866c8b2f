#include "proxy/body_blocks.h"

#include <algorithm>

#include "config/config.h"

namespace larder::proxy {

std::uint64_t charge_of_body(std::uint64_t bytes) {
    const std::uint64_t rest = bytes % block_bytes;
    const std::uint64_t last = rest > 0 ? storage::Piece::charge_of(static_cast<std::size_t>(rest)) : 0;
    return bytes / block_bytes * storage::Piece::charge_of(block_bytes) + last;
}

storage::Piece copied(storage::Piece into, std::string_view data) {
    std::copy(data.begin(), data.end(), into.data.get());
    return into;
}

std::shared_ptr<const storage::Body> packed(storage::Account& account,
                                            const std::shared_ptr<const storage::Body>& body) {
    const bool many = body->pieces.size() > 1 + body->size / (16 * config::KiB);
    if (!many && body->charge() <= body->size + body->size / 4 + 8 * config::KiB) return body;
    auto made = std::make_shared<storage::Body>();
    std::uint64_t left = body->size;
    storage::Piece block;
    std::size_t used = 0;
    for (const storage::Piece& piece : body->pieces) {
        std::string_view data(piece.data.get(), piece.size);
        while (!data.empty()) {
            if (used == block.size) {
                block = storage::Piece(account, static_cast<std::size_t>(std::min<std::uint64_t>(left, block_bytes)));
                used = 0;
            }
            const std::size_t n = std::min(data.size(), block.size - used);
            std::copy_n(data.data(), n, block.data.get() + used);
            made->append(block.part(used, n));
            used += n;
            left -= n;
            data.remove_prefix(n);
        }
    }
    return made;
}

}  // namespace larder::proxy
