#include "proxy/loops.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <string>

namespace larder::proxy {
namespace {

using Timer = asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor>;

constexpr std::chrono::milliseconds first_pause{10};
constexpr std::chrono::milliseconds longest_pause{1000};  // also how long one may keep a thread from ending
constexpr std::chrono::seconds sound_after{60};           // a loop that ran for so long has recovered

std::string message_of(const std::exception_ptr& exception) {
    try {
        std::rethrow_exception(exception);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "an exception without a message";
    }
}

}  // namespace

const char* word(Loop loop) {
    static constexpr const char* words[] = {"accept",       "admin_accept", "handover_accept",     "relay",  "resolver",
                                            "health_check", "housekeeping", "worker_housekeeping", "signals"};
    static_assert(std::size(words) == static_cast<std::size_t>(Loop::count));
    return words[static_cast<std::size_t>(loop)];
}

const char* word(Errand errand) {
    static constexpr const char* words[] = {"client_connection", "admin_connection", "handover", "relay",  "fill",
                                            "revalidation",      "tunnel",           "reload",   "handler"};
    static_assert(std::size(words) == static_cast<std::size_t>(Errand::count));
    return words[static_cast<std::size_t>(errand)];
}

void Loops::tell(Kind& kind, const char* event, const char* name, const std::exception_ptr& exception) noexcept {
    kind.count.fetch_add(1, std::memory_order_relaxed);
    const auto now = Steady::now().time_since_epoch();
    auto told = kind.told.load(std::memory_order_relaxed);
    if (told != 0 && now - Steady::duration(told) < std::chrono::seconds(1)) return;
    if (!kind.told.compare_exchange_strong(told, now.count(), std::memory_order_relaxed)) return;
    try {
        events_.emit(event, {{"name", std::string(name)}, {"error", message_of(exception)}});
    } catch (...) {  // no memory for the line: the count tells
    }
}

void Loops::failed(Errand errand, std::exception_ptr exception) noexcept {
    if (!exception) return;
    tell(failures_[static_cast<std::size_t>(errand)], "errand_failed", word(errand), exception);
}

void Loops::keep(Executor executor, Loop loop, std::function<Task<void>()> body) {
    Task<void> task = repeat(*this, executor, loop, std::move(body));
    asio::co_spawn(executor, std::move(task),
                   [this](std::exception_ptr exception) { failed(Errand::handler, exception); });
}

Task<void> Loops::repeat(Loops& loops, Executor executor, Loop loop, std::function<Task<void>()> body) {
    Timer rest(executor);
    std::chrono::milliseconds pause = first_pause;
    bool again = false;
    for (;;) {
        const auto began = Steady::now();
        std::exception_ptr exception;
        try {
            if (std::exchange(again, false)) {
                rest.expires_after(pause);
                const auto [ended] = co_await rest.async_wait(no_throw);
                if (ended) co_return;
                pause = std::min(pause * 2, longest_pause);
            }
            co_await body();
            co_return;
        } catch (...) {
            exception = std::current_exception();
        }
        again = true;
        if (Steady::now() - began > sound_after) pause = first_pause;
        loops.tell(loops.restarts_[static_cast<std::size_t>(loop)], "loop_restarted", word(loop), exception);
    }
}

void Loops::run(Executor executor, Errand errand, Task<void> task) {
    asio::co_spawn(executor, std::move(task),
                   [this, errand](std::exception_ptr exception) { failed(errand, exception); });
}

void Loops::run_context(asio::io_context& context) {
    for (;;) {
        try {
            context.run();
            return;
        } catch (...) {
            failed(Errand::handler, std::current_exception());
        }
    }
}

}  // namespace larder::proxy
