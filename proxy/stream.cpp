#include "proxy/stream.h"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>

namespace larder::proxy {

Task<error_code> Stream::start_tls(asio::ssl::context& context, const std::string& name, bool verify) {
    tls_ = std::make_unique<asio::ssl::stream<Socket&>>(socket_, context);
    error_code not_an_address;
    asio::ip::make_address(name, not_an_address);
    // RFC 6066 section 3: literal addresses are not sent as a server name.
    // (What OpenSSL's macro SSL_set_tlsext_host_name does, whose cast is not ours to make.)
    std::string copy = name;
    if (not_an_address &&
        SSL_ctrl(tls_->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, copy.data()) != 1) {
        co_return asio::error::invalid_argument;
    }
    error_code error;
    if (verify) {
        tls_->set_verify_mode(asio::ssl::verify_peer, error);
        if (!error) tls_->set_verify_callback(asio::ssl::host_name_verification(name), error);
        if (error) co_return error;
    }
    const auto [handshake] = co_await tls_->async_handshake(asio::ssl::stream_base::client, no_throw);
    co_return handshake;
}

}  // namespace larder::proxy
