// A connection to an origin server, and reading responses from it: a head, then body pieces until the declared end.
//
// Belongs to one worker, used on its thread, by one coroutine at a time. Strict as RFC 9112 has it: whatever is not a
// whole, well-formed response ends in an error, and such a connection is never used again.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "proxy/deadlines.h"
#include "proxy/gather.h"
#include "proxy/h1/chunked.h"
#include "proxy/h1/head_scanner.h"
#include "proxy/h1/response_head.h"
#include "proxy/stream.h"
#include "proxy/upstream/error.h"
#include "proxy/upstream/origin_server.h"

namespace larder::proxy {

class Worker;

// What a connection has had on it, the worst last. An origin may take content for another request, or remember who it
// was that logged in: what came later on such a connection is not to be given to others.
enum class Carried { nothing, credentials, content };

class UpstreamConnection {
  public:
    UpstreamConnection(Worker&, Socket, std::shared_ptr<OriginServer>);
    ~UpstreamConnection();  // closes, and frees the server's slot

    Stream& stream() { return stream_; }
    Deadline& deadline() { return deadline_; }
    OriginServer& server() { return *server_; }
    const std::shared_ptr<OriginServer>& server_ptr() const { return server_; }

    // Counts among the server's requests in flight until it is idle again or closed.
    void set_busy(bool busy) {
        if (busy != busy_) busy ? server_->began() : server_->ended();
        busy_ = busy;
    }

    // Served a request before: the server may have closed it in the meantime.
    bool reused = false;
    Steady::time_point idle_since;
    Carried carried = Carried::nothing;

    // Of a long request body, whose permit it then has: until it is idle again or closed.
    void holds_upload(std::string client) { upload_ = std::move(client); }
    void upload_ended();
    // After a 101: not one of the server's connections any more. False: there are too many tunnels.
    bool become_tunnel();

    // Writes all of it. `within` limits the time for each part that the peer takes.
    Task<error_code> write(Gather& gather, std::chrono::milliseconds within);

    // Reads the next response head, 1xx ones included. Its views last until the next read_head() or next_piece().
    struct Head {
        UpstreamError error = UpstreamError::none;
        bool nothing_received = false;  // with `closed`: not one byte came
    };
    Task<Head> read_head(h1::ResponseHead& head, bool request_was_head, std::chrono::milliseconds within);

    // The next piece of the body of the head just read; views last until the next call.
    struct Piece {
        UpstreamError error = UpstreamError::none;
        bool end = false;  // with the last of the data, or after it
        std::string_view data;
    };
    Task<Piece> next_piece(std::chrono::milliseconds within);
    // What can be had of the body without reading from the network.
    Piece piece_at_hand();

    // After the end of a body: bytes behind it mean that the connection cannot be trusted.
    bool ended_cleanly() const { return body_ended_ && at_hand() == 0; }
    bool reusable(const h1::ResponseHead& head) const { return head.keep_alive && ended_cleanly(); }
    // An idle connection: still open and silent?
    bool silent();

    // What came behind a 101 belongs to the tunnel.
    std::string_view leftover() const { return {buffer_.data() + begin_, at_hand()}; }
    std::string_view trailers() const { return chunks_.trailers(); }

  private:
    std::size_t at_hand() const { return end_ - begin_; }
    void begin_body(const h1::ResponseHead& head);
    bool make_room(std::size_t limit);
    Piece take(std::size_t most);

    Worker& worker_;
    std::shared_ptr<OriginServer> server_;
    Stream stream_;
    Deadline deadline_;

    std::vector<char> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    h1::HeadScanner scanner_;
    h1::ChunkedReader chunks_;
    h1::BodyFraming framing_ = h1::BodyFraming::none;
    std::uint64_t remaining_ = 0;
    bool body_ended_ = true;
    bool busy_ = false;
    bool tunnel_ = false;
    std::optional<std::string> upload_;
};

}  // namespace larder::proxy
