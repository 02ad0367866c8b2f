#include "proxy/shared.h"

#include <openssl/sha.h>

#include "policy/digits.h"
#include "proxy/worker.h"

namespace larder::proxy {
namespace {

// The seed is secret, so what others see is a digest of it.
std::string loop_id_of(std::uint64_t seed) {
    const std::string text = "CDN-Loop " + std::to_string(seed);
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
    std::string id = "larder-";
    for (std::size_t i = 0; i < 8; ++i) policy::append_hex(id, digest[i], policy::HexCase::lower);
    return id;
}

}  // namespace

Shared::Shared(config::Config configuration, std::uint64_t seed, unsigned worker_count, policy::Sequence first_ticket,
               std::vector<std::string> kept)
    : hash_seed(seed),
      loop_id(loop_id_of(seed)),
      account(configuration.limits.fills_bytes),
      tickets(configuration.limits.invalidation_backlog, first_ticket, configuration.limits.invalidation_backlog_bytes),
      layers(account, events, clock, seed, worker_count, std::move(kept)),
      fills(configuration.limits.fill_window_bytes),
      searches(seed, first_ticket),
      metrics(worker_count),
      clients(configuration.limits.connections_per_client) {
    auto tiers = layers.open(configuration);
    running_ =
        std::make_shared<const Running>(std::move(configuration), nullptr, worker_count, std::move(tiers), tickets);
    layers.keep(running_->tiers->all());
}

Shared::~Shared() = default;

std::shared_ptr<const Running> Shared::running() const {
    const std::lock_guard lock(mutex_);
    return running_;
}

std::shared_ptr<const Running> Shared::prepare(config::Config configuration) {
    const auto before = running();
    auto tiers = layers.open(configuration);
    return std::make_shared<const Running>(std::move(configuration), before.get(),
                                           static_cast<unsigned>(metrics.workers.size()), std::move(tiers), tickets);
}

void Shared::adopt(std::shared_ptr<const Running> next) {
    const config::Limits& limits = next->config.limits;
    tickets.change_backlog(limits.invalidation_backlog, limits.invalidation_backlog_bytes);
    fills.change_window(limits.fill_window_bytes);
    account.change_max_outside(limits.fills_bytes);
    clients.change_limit(limits.connections_per_client);
    layers.keep(next->tiers->all());
    std::shared_ptr<const Running> before;  // not destroyed under the lock
    const std::lock_guard lock(mutex_);
    std::erase_if(former_, [](const auto& former) { return former.expired(); });
    former_.push_back(running_);
    before = std::exchange(running_, std::move(next));
}

std::vector<std::shared_ptr<const Running>> Shared::former(const Running& now) const {
    std::vector<std::shared_ptr<const Running>> all;
    const std::lock_guard lock(mutex_);
    for (const auto& weak : former_) {
        if (auto former = weak.lock(); former && former.get() != &now) all.push_back(std::move(former));
    }
    return all;
}

}  // namespace larder::proxy
