// Deadlines for everything that waits on a peer, without a timer per operation: a deadline is an entry in its worker's
// list and one assignment sets it; the worker walks the list every `tick`. A deadline strikes up to one tick late.
//
// Belongs to one worker and is used on its thread alone.
#pragma once

#include <boost/intrusive/list.hpp>
#include <chrono>
#include <functional>

#include "proxy/clock.h"
#include "proxy/task.h"

namespace larder::proxy {

class Deadline : public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  public:
    // `strike` must make what is waited for end, as by cancelling a socket. It may run more than once.
    explicit Deadline(std::function<void()> strike) : strike_(std::move(strike)) {}

    void set(Steady::time_point when) {
        when_ = when;
        expired_ = false;
    }
    void after(std::chrono::milliseconds wait) { set(Steady::now() + wait); }
    void clear() { set(Steady::time_point::max()); }
    Steady::time_point when() const { return when_; }
    // True from the moment it struck until it is set anew.
    bool expired() const { return expired_; }

  private:
    friend class Deadlines;
    std::function<void()> strike_;
    Steady::time_point when_ = Steady::time_point::max();
    bool expired_ = false;
};

class Deadlines {
  public:
    static constexpr std::chrono::milliseconds tick{100};

    void add(Deadline& deadline) { list_.push_back(deadline); }
    void check(Steady::time_point now);

  private:
    boost::intrusive::list<Deadline, boost::intrusive::constant_time_size<false>> list_;
};

// Those of the loop that the executor belongs to, from its first use until the loop is destroyed. Whoever runs a loop
// checks them at every tick. On the loop's thread.
Deadlines& deadlines_of(const Executor& executor);

// A transfer that has to make progress: `window` passes at most before `window * rate` more bytes have moved.
// A peer that moves one byte a second does not keep it alive (slow body and slow read attacks).
class Progress {
  public:
    Progress(Deadline& deadline, std::chrono::milliseconds window, std::uint64_t bytes_a_second);
    ~Progress() { deadline_.clear(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void moved(std::size_t bytes);
    // Time in which the peer is not waited for does not count.
    void pause();
    void resume();

  private:
    void restart();

    Deadline& deadline_;
    Steady::duration left_{};  // of the window, while paused
    std::chrono::milliseconds window_;
    std::uint64_t wanted_;
    std::uint64_t since_ = 0;
};

}  // namespace larder::proxy
