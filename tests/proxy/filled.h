// The small language of the tests about fills: pieces of text in, text out.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/fill.h"
#include "storage/object.h"
#include "tests/pieces.h"

namespace larder::proxy {

inline storage::Body::Piece piece(std::string_view text) {
    return storage::piece_of(text);
}

inline std::string text_of(const std::vector<storage::Body::Piece>& pieces) {
    std::string text;
    for (const auto& each : pieces) text.append(each.data.get(), each.size);
    return text;
}

inline storage::ObjectPtr head_of_response() {
    auto head = std::make_shared<storage::Object>();
    head->fields = "Content-Type: text/plain\r\n";
    return head;
}

inline std::shared_ptr<Fill> streaming_fill(std::uint64_t window) {
    auto fill = std::make_shared<Fill>(window);
    fill->begin(head_of_response(), std::nullopt);
    return fill;
}

// A follower, and what it has seen so far.
struct Reader {
    Reader(const std::shared_ptr<Fill>& fill, asio::io_context& context, std::size_t most_followers = 100)
        : follower(fill, context.get_executor(), most_followers) {}

    // Takes about `most` bytes; false: nothing there, or nothing more will come.
    bool take(std::size_t most) {
        const auto next = follower.next(most);
        text += text_of(next.pieces);
        end = next.end;
        cut = next.cut;
        return !next.pieces.empty();
    }
    void take_all() {
        while (take(1000)) {
        }
    }

    Fill::Follower follower;
    std::string text;
    bool end = false;
    bool cut = false;
};

}  // namespace larder::proxy
