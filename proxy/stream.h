// A connection's byte stream, plain or TLS. The two meet here, so that nothing above is compiled twice.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>

#include "proxy/task.h"

namespace larder::proxy {

class Stream {
  public:
    explicit Stream(Socket socket) : socket_(std::move(socket)) {}

    Socket& socket() { return socket_; }
    bool encrypted() const { return tls_ != nullptr; }

    // Begins TLS as the client; `name` is sent as SNI and, with `verify`, checked against the certificate.
    Task<error_code> start_tls(asio::ssl::context& context, const std::string& name, bool verify);

    template <class Buffers>
    Task<IoResult> read_some(const Buffers& buffers) {
        return tls_ ? tls_->async_read_some(buffers, no_throw) : socket_.async_read_some(buffers, no_throw);
    }
    template <class Buffers>
    Task<IoResult> write_some(const Buffers& buffers) {
        return tls_ ? tls_->async_write_some(buffers, no_throw) : socket_.async_write_some(buffers, no_throw);
    }

    // Ends every pending operation with operation_aborted.
    void cancel() {
        error_code ignored;
        socket_.cancel(ignored);
    }
    void close() {
        error_code ignored;
        socket_.close(ignored);
    }

  private:
    Socket socket_;
    std::unique_ptr<asio::ssl::stream<Socket&>> tls_;
};

}  // namespace larder::proxy
