// Who is connected to the admin listener. There is room for so many; when it is taken, whoever has been slow or idle
// the longest gives way, so that connections that do nothing keep nobody out.
//
// One thread.
#pragma once

#include <boost/intrusive/list.hpp>

#include "proxy/task.h"

namespace larder::proxy::admin {

class Guest : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  public:
    explicit Guest(Socket& socket) : socket_(socket) {}
    // While its request is being answered it is left alone.
    void working(bool is) { working_ = is; }

  private:
    friend class Guests;
    Socket& socket_;
    bool working_ = false;
};

class Guests {
  public:
    enum class Room {
        free,
        made,  // one was closed
        none,  // all are at work
    };
    // For one more, of `most`.
    Room make_room(std::size_t most);
    // Until it is destroyed.
    void add(Guest& guest) { list_.push_back(guest); }

  private:
    boost::intrusive::list<Guest, boost::intrusive::constant_time_size<false>> list_;  // the oldest first
};

}  // namespace larder::proxy::admin
