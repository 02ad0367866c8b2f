// How many of a server's connections long request bodies may hold: they come at the speed of clients, who can be slow
// for as long as minimum_rate lets them. The other connections are for requests whose bodies are here, or that have
// none. One client address gets a share of the permits, so that it cannot take them from all others.
//
// Any thread. Shared by all workers.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "proxy/wakeup.h"

namespace larder::proxy {

class UploadPermits {
  public:
    // At most `most` at a time, `most_per_client` of them for one address, and `max_queue` waiting.
    UploadPermits(unsigned most, unsigned most_per_client, std::size_t max_queue)
        : most_(most), most_per_client_(most_per_client), max_queue_(max_queue) {}
    UploadPermits(const UploadPermits&) = delete;
    UploadPermits& operator=(const UploadPermits&) = delete;

    struct Waiter {
        Waiter(Executor executor, std::string address) : wakeup(std::move(executor)), client(std::move(address)) {}
        Wakeup wakeup;
        const std::string client;
        bool granted = false;  // under the lock of the permits
    };
    enum class Taken { granted, wait, queue_full };
    // `wait`: the waiter's wakeup is notified once has() is true.
    Taken take(const std::shared_ptr<Waiter>&);
    bool has(const Waiter&) const;
    // The waiter gives up. True: it had been granted meanwhile, and keeps the permit.
    bool leave_queue(const std::shared_ptr<Waiter>&);
    // For whoever was granted one. The next in the queue whose address may have it gets it.
    void give_back(const std::string& client);

    unsigned taken() const;

  private:
    bool grant(Waiter&);  // under mutex_

    const unsigned most_;
    const unsigned most_per_client_;
    const std::size_t max_queue_;
    mutable std::mutex mutex_;
    unsigned taken_ = 0;                                   // under mutex_
    std::unordered_map<std::string, unsigned> by_client_;  // under mutex_; no zeroes
    std::deque<std::shared_ptr<Waiter>> queue_;            // under mutex_
};

}  // namespace larder::proxy
