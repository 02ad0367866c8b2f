// Coroutines that nobody awaits: loops that last as long as the process, and errands that end by themselves. Whatever
// one of them throws is told in an event and counted; a loop begins anew, after a pause that doubles up to a second.
// Handlers that throw do not end the thread that they run on (run_context).
//
// Any thread. Events of one kind are told once a second at most; each failure counts.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>

#include "proxy/clock.h"
#include "proxy/events.h"
#include "proxy/task.h"

namespace larder::proxy {

// The label of larder_loop_restarts_total.
enum class Loop {
    accept,
    admin_accept,
    handover_accept,
    relay,
    resolver,
    health_check,
    housekeeping,
    worker_housekeeping,
    signals,
    count
};
const char* word(Loop);

// The label of larder_errand_failures_total.
enum class Errand {
    client_connection,
    admin_connection,
    handover,
    relay,
    fill,
    revalidation,
    tunnel,
    reload,
    handler,  // something else on the loop of a thread
    count
};
const char* word(Errand);

class Loops {
  public:
    // `events` outlives this, and this outlives the contexts that run what it started.
    explicit Loops(Events& events) : events_(events) {}

    // Runs what `body` makes, again whenever it throws; once it returns the loop is over. `body` is no coroutine: it
    // calls one, whose arguments are its own.
    void keep(Executor executor, Loop loop, std::function<Task<void>()> body);
    // Runs it once.
    void run(Executor executor, Errand errand, Task<void> task);
    // context.run(), on this thread, until it has nothing more to do or is stopped.
    void run_context(asio::io_context& context);

    // An exception that would be lost otherwise; null: none. Never throws.
    void failed(Errand errand, std::exception_ptr exception) noexcept;

    std::uint64_t restarts(Loop loop) const { return restarts_[static_cast<std::size_t>(loop)].count.load(); }
    std::uint64_t failures(Errand errand) const { return failures_[static_cast<std::size_t>(errand)].count.load(); }

  private:
    struct Kind {
        std::atomic<std::uint64_t> count{0};
        std::atomic<Steady::rep> told{0};  // when the last event was; 0: never
    };

    static Task<void> repeat(Loops& loops, Executor executor, Loop loop, std::function<Task<void>()> body);
    void tell(Kind& kind, const char* event, const char* name, const std::exception_ptr& exception) noexcept;

    Events& events_;
    std::array<Kind, static_cast<std::size_t>(Loop::count)> restarts_;
    std::array<Kind, static_cast<std::size_t>(Errand::count)> failures_;
};

}  // namespace larder::proxy
