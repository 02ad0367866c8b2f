#include "proxy/deadlines.h"

#include <boost/asio/execution_context.hpp>

namespace larder::proxy {
namespace {

class OfLoop final : public asio::execution_context::service {
  public:
    using key_type = OfLoop;
    static asio::execution_context::id id;
    explicit OfLoop(asio::execution_context& context) : service(context) {}
    void shutdown() override {}

    Deadlines deadlines;
};
asio::execution_context::id OfLoop::id;

}  // namespace

Deadlines& deadlines_of(const Executor& executor) {
    return asio::use_service<OfLoop>(executor.context()).deadlines;
}

void Deadlines::check(Steady::time_point now) {
    for (auto it = list_.begin(); it != list_.end();) {
        Deadline& deadline = *it++;  // striking may unlink it
        if (deadline.when_ <= now) {
            // It stays due, and strikes at each tick until it is set or cleared: what it is to end may just have been
            // between two operations.
            deadline.expired_ = true;
            deadline.strike_();
        }
    }
}

Progress::Progress(Deadline& deadline, std::chrono::milliseconds window, std::uint64_t bytes_a_second)
    : deadline_(deadline),
      window_(window),
      wanted_(bytes_a_second * static_cast<std::uint64_t>(window.count()) / 1000) {
    restart();
}

void Progress::moved(std::size_t bytes) {
    since_ += bytes;
    if (since_ >= wanted_) restart();
}

void Progress::pause() {
    left_ = deadline_.when() - Steady::now();
    deadline_.clear();
}

void Progress::resume() {
    deadline_.set(Steady::now() + left_);
}

void Progress::restart() {
    since_ = 0;
    deadline_.after(window_);
}

}  // namespace larder::proxy
