// The admin listener: its own socket, the control thread's loop, the same strict reading of requests as the clients'
// side. One request a connection.
#pragma once

#include <memory>
#include <string>

#include "proxy/admin/api.h"
#include "proxy/admin/guests.h"
#include "proxy/deadlines.h"
#include "proxy/task.h"

namespace larder::proxy::admin {

class AdminListener {
  public:
    // Throws boost::system::system_error when the address cannot be listened on.
    AdminListener(Executor executor, Shared& shared, Api& api, Deadlines& deadlines,
                  const asio::ip::tcp::endpoint& endpoint);

    asio::ip::tcp::endpoint endpoint() const { return endpoint_; }
    void start();

  private:
    Task<void> accept_loop();
    Task<void> serve(Socket socket);

    Shared& shared_;
    Api& api_;
    Deadlines& deadlines_;
    Guests guests_;
    Acceptor acceptor_;
    asio::ip::tcp::endpoint endpoint_;
};

}  // namespace larder::proxy::admin
