#include "proxy/reserve.h"

#include <boost/asio/steady_timer.hpp>

#include "proxy/worker.h"

namespace larder::proxy {

Task<bool> reserve(Worker& worker, storage::Reservation& reservation, std::uint64_t bytes) {
    if (reservation.ensure(bytes)) co_return true;
    storage::Account& account = reservation.account();
    const std::uint64_t more = bytes - reservation.unused();
    if (more > account.max_outside()) co_return false;
    worker.shed_readers(more);
    worker.ask_others_to_shed_readers(more);
    constexpr std::chrono::milliseconds step{10};
    asio::basic_waitable_timer<Steady, asio::wait_traits<Steady>, Executor> timer(worker.executor());
    for (int steps = 0; steps < 20; ++steps) {
        timer.expires_after(step);
        co_await timer.async_wait(no_throw);
        if (reservation.ensure(bytes)) co_return true;
        if (account.leaving() == 0) co_return false;  // nobody is on the way out
    }
    co_return false;
}

}  // namespace larder::proxy
