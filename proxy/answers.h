// Answers that other threads give, waited for with a deadline: how a coroutine asks a layer that may block.
//
// A callback from callback() may be called once, from any thread, at any time: before anybody waits, or when nobody
// does any more and this is gone; an answer that comes too late is destroyed where it comes. within() is awaited once,
// on `executor`, and ends when all have answered, or when the time is over; it waits on the loop's coarse clock
// (deadlines.h), so up to one tick longer. What is waited for must have answered, or its time be over, before the
// executor's context is destroyed.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "proxy/deadlines.h"
#include "proxy/task.h"
#include "proxy/wakeup.h"

namespace larder::proxy {

template <class T>
class Answers {
  public:
    explicit Answers(const Executor& executor, std::size_t count = 1)
        : executor_(executor), state_(std::make_shared<State>(executor, count)) {}

    std::function<void(T)> callback(std::size_t which = 0) {
        return [state = state_, which](T answer) { state->take(which, std::move(answer)); };
    }

    // By their places; nullopt: not in time. With no time at all: those that are there already.
    Task<std::vector<std::optional<T>>> within(std::chrono::milliseconds time) {
        Deadline deadline([&wakeup = state_->wakeup] { wakeup.notify(); });
        deadlines_of(executor_).add(deadline);
        deadline.after(time);
        bool waits = time.count() > 0 && !state_->whole();
        while (waits) {
            co_await state_->wakeup.wait();
            waits = !deadline.expired() && !state_->whole();
        }
        co_return state_->close();
    }

  private:
    struct State {
        State(const Executor& executor, std::size_t count) : wakeup(executor), left(count), answers(count) {}

        void take(std::size_t which, T answer) {
            const std::lock_guard lock(mutex);
            if (closed) return;
            answers[which] = std::move(answer);
            if (--left == 0) wakeup.notify();
        }
        bool whole() {
            const std::lock_guard lock(mutex);
            return left == 0;
        }
        std::vector<std::optional<T>> close() {
            const std::lock_guard lock(mutex);
            closed = true;
            return std::move(answers);
        }

        Wakeup wakeup;
        std::mutex mutex;
        std::size_t left;  // under mutex, as the next two
        std::vector<std::optional<T>> answers;
        bool closed = false;
    };

    const Executor executor_;
    const std::shared_ptr<State> state_;
};

}  // namespace larder::proxy
