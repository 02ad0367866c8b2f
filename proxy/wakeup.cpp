#include "proxy/wakeup.h"

namespace larder::proxy {

Task<void> Wakeup::wait() {
    auto initiate = [this]<class Handler>(Handler handler) {
        struct Holder final : Waiting {
            Holder(Handler&& h, Executor e) : handler(std::move(h)), executor(std::move(e)) {}
            void resume() override { asio::post(executor, std::move(handler)); }
            Handler handler;
            Executor executor;
        };
        auto holder = std::make_unique<Holder>(std::move(handler), executor_);
        {
            const std::lock_guard lock(mutex_);
            if (!std::exchange(notified_, false)) {
                waiting_ = std::move(holder);
                return;
            }
        }
        holder->resume();
    };
    constexpr asio::use_awaitable_t<Executor> token;
    co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(initiate, token);
}

void Wakeup::notify() {
    std::unique_ptr<Waiting> waiting;
    {
        const std::lock_guard lock(mutex_);
        waiting = std::move(waiting_);
        if (!waiting) notified_ = true;
    }
    if (waiting) waiting->resume();
}

}  // namespace larder::proxy
