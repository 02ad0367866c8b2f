// A worker's listening socket for one address: accepts connections, within the cap, and starts a session for each.
//
// Every worker has its own (SO_REUSEPORT), so the kernel spreads connections and no lock is taken.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include "config/config.h"
#include "proxy/task.h"

namespace larder::proxy {

class Worker;

class Listener {
  public:
    // Throws boost::system::system_error when the address cannot be listened on.
    Listener(Worker& worker, const config::Listener& settings, const asio::ip::tcp::endpoint& endpoint);

    asio::ip::tcp::endpoint endpoint() const { return endpoint_; }
    void start();
    void close();
    // A connection has ended: accepting may go on if it was paused at the cap.
    void resume();

  private:
    Task<void> accept_loop();
    Task<void> pause();

    Worker& worker_;
    const config::Listener& settings_;
    Acceptor acceptor_;
    asio::ip::tcp::endpoint endpoint_;
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor> wait_;
};

}  // namespace larder::proxy
