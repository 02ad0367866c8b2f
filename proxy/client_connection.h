// A client's connection as its worker sees it, whatever protocol it speaks.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/intrusive/list_hook.hpp>

#include "proxy/clock.h"

namespace larder::proxy {

class ClientConnection : public boost::intrusive::list_base_hook<> {
  public:
    virtual ~ClientConnection() = default;
    // The worker stops: end now if idle (or `hard`), else after the exchange under way.
    virtual void drain(bool hard) = 0;
    // Room is needed for others: end now if nothing has been asked for a second or more. True: it ends.
    virtual bool give_way(Steady::time_point now) = 0;
    virtual const boost::asio::ip::address& peer_address() const = 0;
};

}  // namespace larder::proxy
