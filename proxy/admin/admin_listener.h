// The admin listener: its own socket, the control thread's loop, the same strict reading of requests as the clients'
// side. One request a connection.
#pragma once

#include <memory>
#include <string>

#include "proxy/admin/api.h"
#include "proxy/admin/guests.h"
#include "proxy/deadlines.h"
#include "proxy/listening.h"
#include "proxy/task.h"

namespace larder::proxy::admin {

class AdminListener : public std::enable_shared_from_this<AdminListener> {
  public:
    AdminListener(Executor executor, Shared& shared, Api& api, Deadlines& deadlines, ListeningSocket socket);

    asio::ip::tcp::endpoint endpoint() const { return endpoint_; }
    void start();
    // Accepts no one any more; requests that are being answered go on.
    void close();

  private:
    static Task<void> accept_loop(std::shared_ptr<AdminListener> self);
    static Task<void> serve(std::shared_ptr<AdminListener> self, Socket socket);

    Shared& shared_;
    Api& api_;
    Deadlines& deadlines_;
    Guests guests_;
    Acceptor acceptor_;
    asio::ip::tcp::endpoint endpoint_;
};

}  // namespace larder::proxy::admin
