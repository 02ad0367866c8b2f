#include "proxy/upstream/paced_transfers.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <unordered_map>
#include <vector>

namespace larder::proxy {

PacedTransfers::Transfer::Transfer(std::shared_ptr<PacedTransfers> all, Executor executor, std::string client,
                                   std::function<void()> cut)
    : all_(std::move(all)), state_(std::make_shared<State>(std::move(executor), std::move(client))) {
    state_->cut = std::move(cut);
    const std::lock_guard lock(all_->mutex_);
    all_->transfers_.push_back(state_);
}

PacedTransfers::Transfer::~Transfer() {
    state_->cut = nullptr;
    const std::lock_guard lock(all_->mutex_);
    all_->transfers_.remove(state_);
}

void PacedTransfers::Transfer::waits() {
    state_->waiting_since.store(Steady::now().time_since_epoch().count(), std::memory_order_relaxed);
}

void PacedTransfers::Transfer::moved() {
    state_->waiting_since.store(0, std::memory_order_relaxed);
}

bool PacedTransfers::reclaim(Steady::time_point now) {
    using State = Transfer::State;
    std::shared_ptr<State> loser;
    {
        const std::lock_guard lock(mutex_);
        struct AtRest {
            const std::shared_ptr<State>* state;
            Steady::rep since;
        };
        std::vector<AtRest> at_rest;
        std::unordered_map<std::string_view, std::size_t> by_client;
        const Steady::rep before = (now - patience).time_since_epoch().count();
        for (const auto& state : transfers_) {
            const Steady::rep since = state->waiting_since.load(std::memory_order_relaxed);
            if (since == 0 || since > before || state->chosen) continue;
            at_rest.push_back({&state, since});
            ++by_client[state->client];
        }
        if (at_rest.size() <= most_at_rest_) return false;
        const auto slowest = std::min_element(at_rest.begin(), at_rest.end(), [&](const AtRest& a, const AtRest& b) {
            const std::size_t of_a = by_client[(*a.state)->client], of_b = by_client[(*b.state)->client];
            return of_a != of_b ? of_a > of_b : a.since < b.since;
        });
        loser = *slowest->state;
        loser->chosen = true;
    }
    asio::post(loser->executor, [loser] {
        if (!loser->cut) return;
        loser->was_cut = true;
        const auto cut = std::exchange(loser->cut, nullptr);
        cut();
    });
    return true;
}

}  // namespace larder::proxy
