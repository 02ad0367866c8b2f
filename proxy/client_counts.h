// How many connections each client address has, for limits.connections_per_client. Any thread.
#pragma once

#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <map>
#include <mutex>

namespace larder::proxy {

class ClientCounts {
  public:
    // 0: no limit. Connections are counted all the same, since a limit may come while they are open.
    explicit ClientCounts(std::size_t most) : most_(most) {}
    // For connections from now on: none of those that are there has to go, but all of them count.
    void change_limit(std::size_t most) { most_.store(most, std::memory_order_relaxed); }

    // False: the address has as many as it may.
    bool enter(const boost::asio::ip::address& client) {
        const std::size_t most = most_.load(std::memory_order_relaxed);
        const std::lock_guard lock(mutex_);
        std::size_t& count = counts_[client];
        if (most != 0 && count >= most) return false;
        ++count;
        return true;
    }
    void leave(const boost::asio::ip::address& client) {
        const std::lock_guard lock(mutex_);
        const auto it = counts_.find(client);
        if (it != counts_.end() && --it->second == 0) counts_.erase(it);
    }

  private:
    std::atomic<std::size_t> most_;
    std::mutex mutex_;
    std::map<boost::asio::ip::address, std::size_t> counts_;  // under mutex_
};

}  // namespace larder::proxy
