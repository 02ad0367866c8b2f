// The layers that are open in this process. They outlive configurations: a reload that names a layer again goes on with
// what it holds. The control thread, except where noted.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "config/config.h"
#include "proxy/clock.h"
#include "proxy/events.h"
#include "proxy/tiers.h"

namespace larder::proxy {

class Layers {
  public:
    // All of it outlives this. `kept`: directories in which everything is up to date, for no invalidation can have
    // missed it; layers elsewhere start empty. Once keep() was called the same holds for those that a reload adds.
    Layers(storage::Account&, Events&, const Clock&, std::uint64_t seed, unsigned workers,
           std::vector<std::string> kept);
    ~Layers();

    // The layers of a configuration, open: those that are there, and new ones. Throws std::runtime_error with a message
    // that says what to change.
    std::vector<Tier> open(const config::Config&);
    // From now on only these are used, as their settings say. What is let go of is destroyed here, by tend(), when
    // nobody uses it any more.
    void keep(const std::vector<Tier>& used);
    void tend();
    // Waits until what is queued is written. Nothing is stored afterwards.
    void close();
    // For a process that takes over: lets go of what is not being read from at this moment.
    void hand_on();

    // Where the layers of the configuration keep files, below data_dir: it may move.
    std::vector<std::string> directories() const { return directories_; }

  private:
    Tier make(const config::Config&, const config::Layer&);
    std::shared_ptr<storage::Layer> make_disk(const config::Config&, const config::Layer&);

    storage::Account& account_;
    Events& events_;
    const Clock& clock_;
    const std::uint64_t seed_;
    const unsigned workers_;
    std::vector<std::string> kept_;
    std::vector<std::string> directories_;
    std::vector<Tier> open_;
    std::vector<Tier> let_go_;
};

}  // namespace larder::proxy
