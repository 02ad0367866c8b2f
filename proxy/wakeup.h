// One coroutine waits, any thread wakes it: how a fill tells its followers, and a server's slot its waiters.
//
// wait() is called by one coroutine at a time, on its own executor. notify() may be called from any thread and any
// number of times; a notification that comes while nobody waits is kept (once).
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <mutex>
#include <utility>

#include "proxy/task.h"

namespace larder::proxy {

class Wakeup {
  public:
    explicit Wakeup(Executor executor) : executor_(std::move(executor)) {}
    Wakeup(const Wakeup&) = delete;
    Wakeup& operator=(const Wakeup&) = delete;

    Task<void> wait();
    void notify();

  private:
    struct Waiting {
        virtual ~Waiting() = default;
        virtual void resume() = 0;
    };

    const Executor executor_;
    std::mutex mutex_;
    std::unique_ptr<Waiting> waiting_;  // under mutex_
    bool notified_ = false;             // under mutex_
};

}  // namespace larder::proxy
