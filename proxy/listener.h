// A worker's listening socket for one address: accepts connections, within the cap, and starts a session for each.
// Belongs to its worker and is used on its thread; the socket comes from listening.h.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include <memory>

#include "config/config.h"
#include "proxy/listening.h"
#include "proxy/task.h"

namespace larder::proxy {

class Worker;

class Listener : public std::enable_shared_from_this<Listener> {
  public:
    Listener(Worker& worker, std::shared_ptr<const config::Listener> settings, ListeningSocket socket);

    const std::string& address() const { return settings_->address; }
    // For connections from now on. The same address.
    void change_settings(std::shared_ptr<const config::Listener> settings) { settings_ = std::move(settings); }
    void start();
    // Accepts who is in the kernel's queue already, and no one after.
    void close();
    // A connection has ended: accepting may go on if it was paused at the cap.
    void resume();

  private:
    static Task<void> accept_loop(std::shared_ptr<Listener> self);
    Task<void> pause();
    void begin_session(Socket socket, const asio::ip::address& from);

    Worker& worker_;
    std::shared_ptr<const config::Listener> settings_;
    Acceptor acceptor_;
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor> wait_;
};

}  // namespace larder::proxy
