// One process takes over from another that runs with the same data_dir, without a connection refused: it gets the
// listening sockets themselves, so that what waits in their queues stays.
//
// The running process listens on the Unix socket DATA_DIR/handover, for the same user and root alone. Who connects says
// what for, with one byte.
//
// `T`, to take over. It gets "larder 2 PID COUNT\n" and COUNT descriptors (SCM_RIGHTS), 64 at most with each byte that
// follows; or "busy\n" while another process does the same. Once it is prepared it sends `S`, and both are joined from
// then on by a relay of invalidations (relay.h); when it serves, it says so there: then the first process drains, and
// gives up its storage as soon as nothing is sent from there. A connection that ends before that has changed nothing.
//
// `J`, from a process that drains and has lost the one that took over from it, since that has been taken over from in
// its turn: to be joined by a relay with this one.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proxy/events.h"
#include "proxy/listening.h"
#include "proxy/relay.h"
#include "proxy/task.h"

namespace larder::proxy {

// The side of the process that is there. Control thread.
class Successor {
  public:
    // Listens. Where that is not possible it says so in an event; then nobody can take over. `loops`, `events` and
    // `relay` outlive this.
    Successor(asio::io_context& control, const std::string& data_dir, Loops& loops, Events& events, Relay& relay,
              std::function<std::vector<int>()> descriptors);
    ~Successor();  // nobody is answered any more; who is joined stays so
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
    // This process is about to serve. From now on it is told every invalidation; to be joined by a relay at once, as
    // with an older one. Throws as above. Once.
    LocalSocket join(Executor control);

  private:
    std::runtime_error fault(const std::string& what);

    const std::string data_dir_;
    int connection_ = -1;
    pid_t pid_ = 0;
    Inherited sockets_;
};

// For a process that drains: a connection to the one that serves with this data_dir now, which has joined; not open
// where there is none.
Task<LocalSocket> find_newest(Executor control, std::string data_dir);

}  // namespace larder::proxy
