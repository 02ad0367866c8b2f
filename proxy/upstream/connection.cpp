#include "proxy/upstream/connection.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "proxy/worker.h"

namespace larder::proxy {
namespace {

constexpr std::size_t first_buffer = 16 * config::KiB;
constexpr std::size_t body_buffer = 128 * config::KiB;

}  // namespace

UpstreamConnection::UpstreamConnection(Worker& worker, Socket socket, std::shared_ptr<OriginServer> server)
    : worker_(worker),
      server_(std::move(server)),
      stream_(std::move(socket)),
      deadline_([this] { stream_.cancel(); }),
      scanner_(h1::response_head_limits(worker.running()->config.limits)),
      chunks_(h1::response_chunk_limits(worker.running()->config.limits), true) {
    worker.deadlines().add(deadline_);
    worker.metrics().upstream_connections.add(1);
}

UpstreamConnection::~UpstreamConnection() {
    worker_.metrics().upstream_connections.add(-1);
    set_busy(false);
    stream_.close();
    upload_ended();
    tunnel_ ? server_->tunnel_ended() : server_->free_slot();
}

void UpstreamConnection::upload_ended() {
    if (upload_) server_->uploads().give_back(*upload_);
    upload_.reset();
}

bool UpstreamConnection::become_tunnel() {
    tunnel_ = server_->become_tunnel();
    return tunnel_;
}

Task<error_code> UpstreamConnection::write(Gather& gather, std::chrono::milliseconds within) {
    error_code failed;
    while (!gather.empty() && !failed) {
        deadline_.after(within);
        const auto [error, n] = co_await stream_.write_some(gather.view());
        gather.consume(n);
        failed = error;
    }
    deadline_.clear();
    co_return failed;
}

Task<UpstreamConnection::Head> UpstreamConnection::read_head(h1::ResponseHead& head, bool request_was_head,
                                                             std::chrono::milliseconds within) {
    Head result;
    const config::Limits limits = worker_.running()->config.limits;  // of the moment: a reload may end them
    scanner_.reset();
    deadline_.after(within);
    for (;;) {
        if (at_hand() > 0) {
            const auto scanned = scanner_.scan(leftover());
            if (scanned == h1::HeadScanner::Result::complete) break;
            if (scanned != h1::HeadScanner::Result::incomplete) {
                result.error = UpstreamError::bad_response;
                co_return result;
            }
        }
        if (!make_room(limits.response_head_bytes + body_buffer)) {
            result.error = UpstreamError::bad_response;
            co_return result;
        }
        const auto [error, n] = co_await stream_.read_some(asio::buffer(buffer_.data() + end_, buffer_.size() - end_));
        end_ += n;
        if (error && n == 0) {
            result.nothing_received = at_hand() == 0;
            result.error = deadline_.expired() ? UpstreamError::first_byte_timeout : UpstreamError::closed;
            deadline_.clear();
            co_return result;
        }
    }
    deadline_.clear();
    const std::string_view bytes = leftover().substr(0, scanner_.size());
    if (h1::parse_response_head(bytes, h1::response_head_limits(limits), request_was_head, head)) {
        result.error = UpstreamError::bad_response;
        co_return result;
    }
    begin_ += scanner_.size();
    if (head.status >= 200) begin_body(head);
    co_return result;
}

void UpstreamConnection::begin_body(const h1::ResponseHead& head) {
    framing_ = head.framing;
    remaining_ = head.framing == h1::BodyFraming::length ? head.content_length : 0;
    body_ended_ = framing_ == h1::BodyFraming::none || (framing_ == h1::BodyFraming::length && remaining_ == 0);
    if (framing_ == h1::BodyFraming::chunked) chunks_.reset();
}

// Space behind what is at hand. The head's views are given up only when the buffer has been read empty; a head that
// is still in use keeps its place, since body pieces are taken from behind it.
bool UpstreamConnection::make_room(std::size_t limit) {
    if (begin_ == end_) begin_ = end_ = 0;
    if (end_ < buffer_.size()) return true;
    if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, at_hand());
        end_ -= begin_;
        begin_ = 0;
        return true;
    }
    if (buffer_.size() >= limit) return false;
    buffer_.resize(buffer_.empty() ? first_buffer : std::min(limit, buffer_.size() * 2));
    return true;
}

UpstreamConnection::Piece UpstreamConnection::take(std::size_t most) {
    const std::string_view data = leftover().substr(0, most);
    begin_ += data.size();
    return {UpstreamError::none, false, data};
}

UpstreamConnection::Piece UpstreamConnection::piece_at_hand() {
    Piece piece;
    if (body_ended_) {
        piece.end = true;
        return piece;
    }
    if (at_hand() == 0) return piece;
    switch (framing_) {
        case h1::BodyFraming::none:
            break;
        case h1::BodyFraming::until_close:
            return take(at_hand());
        case h1::BodyFraming::length:
            piece = take(static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, at_hand())));
            remaining_ -= piece.data.size();
            piece.end = body_ended_ = remaining_ == 0;
            break;
        case h1::BodyFraming::chunked: {
            const auto step = chunks_.feed(leftover());
            begin_ += step.consumed;
            piece.data = step.data;
            if (step.event == h1::ChunkedReader::Event::error) piece.error = UpstreamError::bad_response;
            if (step.event == h1::ChunkedReader::Event::done) piece.end = body_ended_ = true;
            break;
        }
    }
    return piece;
}

Task<UpstreamConnection::Piece> UpstreamConnection::next_piece(std::chrono::milliseconds within) {
    for (;;) {
        Piece piece = piece_at_hand();
        if (piece.end || piece.error != UpstreamError::none || !piece.data.empty()) co_return piece;
        if (begin_ != end_) continue;  // a chunk's framing only: there may be more
        begin_ = end_ = 0;
        if (buffer_.size() < body_buffer) buffer_.resize(body_buffer);
        deadline_.after(within);
        const auto [error, n] = co_await stream_.read_some(asio::buffer(buffer_.data(), buffer_.size()));
        const bool late = deadline_.expired();
        deadline_.clear();
        end_ = n;
        if (n > 0) continue;
        if (late) {
            piece.error = UpstreamError::body_timeout;
        } else if (framing_ == h1::BodyFraming::until_close && error == asio::error::eof) {
            // RFC 9112 section 6.3: the close is the end. Over TLS an eof without close_notify is another error.
            piece.end = body_ended_ = true;
        } else {
            piece.error = UpstreamError::incomplete;
        }
        co_return piece;
    }
}

bool UpstreamConnection::silent() {
    char byte = 0;
    const auto got = ::recv(stream_.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace larder::proxy
