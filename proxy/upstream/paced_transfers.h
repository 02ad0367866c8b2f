// Transfers that hold a connection to a server while they wait for their client: a response that is passed on, a
// request body that comes in. They may have what nobody else wants. When a request finds no connection and more than a
// given number of transfers stand still, the one of the client that has most of them, and among these the one that has
// waited longest, loses its connection, visibly to its client.
//
// Any thread, but for Transfer: it belongs to the worker that moves the bytes.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "proxy/clock.h"
#include "proxy/task.h"

namespace larder::proxy {

class PacedTransfers {
  public:
    // One that has waited for its client for so long stands still.
    static constexpr std::chrono::milliseconds patience{250};

    explicit PacedTransfers(std::size_t most_at_rest) : most_at_rest_(most_at_rest) {}
    PacedTransfers(const PacedTransfers&) = delete;
    PacedTransfers& operator=(const PacedTransfers&) = delete;

    class Transfer {
      public:
        // `cut` runs on `executor`, at most once, and not after the Transfer's end: it ends what the transfer waits
        // for.
        Transfer(std::shared_ptr<PacedTransfers> all, Executor executor, std::string client, std::function<void()> cut);
        ~Transfer();
        Transfer(const Transfer&) = delete;
        Transfer& operator=(const Transfer&) = delete;

        void waits();  // for its client, from now on
        void moved();
        bool was_cut() const { return state_->was_cut; }

      private:
        friend class PacedTransfers;
        struct State {
            State(Executor on, std::string address) : executor(std::move(on)), client(std::move(address)) {}
            const Executor executor;
            const std::string client;
            std::atomic<Steady::rep> waiting_since{0};  // 0: it does not wait
            bool chosen = false;                        // under the lock of all
            std::function<void()> cut;                  // of the transfer's thread; empty once it has ended
            bool was_cut = false;                       // of that thread
        };
        const std::shared_ptr<PacedTransfers> all_;
        const std::shared_ptr<State> state_;
    };

    // Somebody finds no connection. True: one will come, since a transfer is cut.
    bool reclaim(Steady::time_point now);

  private:
    const std::size_t most_at_rest_;
    std::mutex mutex_;
    std::list<std::shared_ptr<Transfer::State>> transfers_;  // under mutex_
};

}  // namespace larder::proxy
