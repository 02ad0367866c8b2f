// One process takes over from another that runs with the same data_dir, without a connection refused: it gets the
// listening sockets themselves, so that what waits in their queues stays.
//
// The running process listens on the Unix socket DATA_DIR/handover. Whoever connects (the same user or root alone) gets
// "larder 1 PID COUNT\n" and COUNT descriptors (SCM_RIGHTS), 64 at most with each byte that follows. When it serves
// itself it answers "R": then the first process drains, and gives up its storage as soon as nothing is sent from there.
// A connection that ends before that has changed nothing.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proxy/events.h"
#include "proxy/listening.h"
#include "proxy/task.h"

namespace larder::proxy {

// The side of the process that is there. Control thread.
class Successor {
  public:
    // Listens. Where that is not possible it says so in an event; then nobody can take over.
    Successor(asio::io_context& control, const std::string& data_dir, Events& events,
              std::function<std::vector<int>()> descriptors, std::function<void()> taken_over);
    ~Successor();  // nobody is answered any more
    Successor(const Successor&) = delete;
    Successor& operator=(const Successor&) = delete;
    // Nobody has taken over, and nobody will: the socket's name goes.
    void withdraw();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

// The side of the process that comes. Blocks, for seconds at most: used before anything is served.
class Predecessor {
  public:
    // Throws std::runtime_error when the process cannot be asked or does not answer as above.
    explicit Predecessor(const std::string& data_dir);
    ~Predecessor();
    Predecessor(const Predecessor&) = delete;
    Predecessor& operator=(const Predecessor&) = delete;

    pid_t pid() const { return pid_; }
    Inherited take_sockets() { return std::move(sockets_); }
    // This process serves now.
    void ready();

  private:
    int connection_ = -1;
    pid_t pid_ = 0;
    Inherited sockets_;
};

}  // namespace larder::proxy
