// An HTTP/1.1 client connection: reads requests one at a time (RFC 9112), has each one answered, and writes the answer.
//
// Belongs to one worker. A hit is answered from within run() without another coroutine: the stored object is pinned, a
// head is written around its fields, and head and body leave in one gather write.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "proxy/client_body.h"
#include "proxy/client_connection.h"
#include "proxy/deadlines.h"
#include "proxy/exchange.h"
#include "proxy/gather.h"
#include "proxy/h1/head_scanner.h"
#include "proxy/h1/request_head.h"
#include "proxy/hit.h"
#include "proxy/stored_answer.h"
#include "proxy/task.h"

namespace larder::proxy {

class H1Session final : public ClientConnection, public Downstream {
  public:
    H1Session(Worker&, Socket, std::shared_ptr<const config::Listener>, const asio::ip::address& peer);
    ~H1Session() override;

    // Serves the connection until it ends. The caller keeps the session alive.
    Task<void> run();

    void drain(bool hard) override;
    bool give_way(Steady::time_point now) override;
    const asio::ip::address& peer_address() const override { return exchange_.peer; }
    BodyReader* reader() override { return &reader_; }
    void cut_reader(std::uint64_t bytes) override;

    Task<bool> begin(const Head& head, const std::string_view* pieces, std::size_t count, bool last) override;
    Task<bool> send(const std::string_view* pieces, std::size_t count, bool last) override;
    void set_trailers(std::string_view trailers) override { trailers_ = trailers; }
    void cut() override;
    Task<bool> interim(int status, std::string_view fields) override;
    Task<BodyPiece> next_body_piece() override;
    void interrupt_body() override;
    void pins(const Pin& pin) override;
    bool body_taken() const override { return body_.taken(); }
    Socket* raw_socket() override {
        tunnelled_ = true;
        keep_alive_ = false;
        return &socket_;
    }
    std::string_view raw_leftover() override { return unread(); }

  private:
    // What is read of a body that nobody wanted, so that the connection can go on; and (four times) of a connection
    // that is to be closed, so that the answer is not lost in a reset.
    static constexpr std::uint64_t disposable = 64 * config::KiB;

    enum class HeadScan { incomplete, complete, end, bad, line_too_long, too_large };

    // Reading a head.
    void expect_head();
    HeadScan scan_head();
    void received(std::size_t n);
    void make_room();
    h1::Refusal take_head();
    Task<void> refuse_head(HeadScan scan);
    Task<void> refuse(int status, const char* reason, bool close);

    // Writing a hit.
    void begin_hit(const Hit& hit);
    bool next_of_hit();
    void wrote(error_code error, std::size_t n);

    Task<bool> write_gathered();
    Task<bool> dispose_of_body();
    Task<void> linger();
    void finished();
    void count_body(std::size_t size);

    std::string_view unread() const { return {buffer_.data() + begin_, end_ - begin_}; }
    std::string_view unread_body() const { return {body_buffer_.data() + body_begin_, body_end_ - body_begin_}; }
    void take_over_rest();
    void write_head_end(std::optional<std::uint64_t> length, bool bodiless);

    Worker& worker_;
    Socket socket_;
    const std::shared_ptr<const config::Listener> listener_;
    Deadline deadline_;

    std::vector<char> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    h1::HeadScanner scanner_;
    h1::RequestHead head_;
    ClientBody body_;
    std::optional<Progress> body_progress_;
    // What was read behind the head: body, and perhaps the beginning of the next request. The head stays in buffer_,
    // since the exchange still reads it.
    std::vector<char> body_buffer_;
    storage::Reservation body_room_;  // what body_buffer_ is charged to
    std::size_t body_begin_ = 0;
    std::size_t body_end_ = 0;
    std::string joined_chunks_;  // of the body: small ones that came together
    Exchange exchange_;
    unsigned served_ = 0;

    // The response under way.
    std::string out_;
    Gather gather_;
    StoredAnswer answer_;
    std::string trailers_;
    char chunk_head_[h1::chunk_head_max] = {};
    std::uint64_t remaining_ = 0;  // of the body, where its length is known
    bool sized_ = false;
    bool bodiless_ = false;
    bool answer_started_ = false;  // of a hit: its first pieces are in the gather
    std::uint64_t hit_progress_ = 0;
    BodyReader reader_;
    Steady::time_point now_;  // as of the last head or answer
    bool begun_ = false;
    bool complete_ = false;
    bool chunked_ = false;
    bool keep_alive_ = true;
    bool idle_ = true;
    bool draining_ = false;
    bool yielding_ = false;
    bool tunnelled_ = false;
    bool failed_ = false;  // the client is gone, or was cut
};

}  // namespace larder::proxy
