// Coroutines in tests: started on a context that the test cranks by hand.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "proxy/task.h"

namespace larder::proxy {

// What a started coroutine has returned; nullopt while it is under way.
template <class T>
using Outcome = std::shared_ptr<std::optional<T>>;

template <class T>
Outcome<T> start(asio::io_context& context, Task<T> task) {
    auto outcome = std::make_shared<std::optional<T>>();
    asio::co_spawn(context, std::move(task), [outcome](const std::exception_ptr& thrown, T result) {
        EXPECT_FALSE(thrown);
        *outcome = std::move(result);
    });
    return outcome;
}

inline std::shared_ptr<bool> start(asio::io_context& context, Task<void> task) {
    auto ended = std::make_shared<bool>(false);
    asio::co_spawn(context, std::move(task), [ended](const std::exception_ptr& thrown) {
        EXPECT_FALSE(thrown);
        *ended = true;
    });
    return ended;
}

// Everything that can go on now does.
inline void turn(asio::io_context& context) {
    context.restart();
    context.poll();
}

}  // namespace larder::proxy
