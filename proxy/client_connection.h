// A client's connection as its worker sees it, whatever protocol it speaks.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/intrusive/list_hook.hpp>

#include "proxy/clock.h"

namespace larder::proxy {

class BodyReader;

class ClientConnection : public boost::intrusive::list_base_hook<> {
  public:
    virtual ~ClientConnection() = default;
    // The worker stops: end now if idle (or `hard`), else after the exchange under way.
    virtual void drain(bool hard) = 0;
    // Room is needed for others: end now if nothing has been asked for a second or more. True: it ends.
    virtual bool give_way(Steady::time_point now) = 0;
    virtual const boost::asio::ip::address& peer_address() const = 0;
    // The body that it is being sent; null: there never is one.
    virtual BodyReader* reader() { return nullptr; }
    // It is cut, since the memory that its body pins is wanted for others. Only while reader()->holds_up(). `bytes` are
    // expected to be free then.
    virtual void cut_reader(std::uint64_t) {}
};

}  // namespace larder::proxy
