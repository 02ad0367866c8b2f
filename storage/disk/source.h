// Bodies that are read piece by piece while they are sent. The environment may go away under them; then they end early.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "storage/disk/engine.h"
#include "storage/object.h"

namespace larder::storage::disk {

// The way from a body to its layer, for as long as there is one.
class Link {
  public:
    explicit Link(Engine& engine) : engine_(&engine) {}

    // Calls it with the engine, which stays until it returns; false: the layer is gone.
    bool with(const std::function<void(Engine&)>& use) {
        const std::lock_guard lock(mutex_);
        if (engine_) use(*engine_);
        return engine_ != nullptr;
    }
    void cut() {
        const std::lock_guard lock(mutex_);
        engine_ = nullptr;
    }

  private:
    std::mutex mutex_;
    Engine* engine_;  // under mutex_
};

class Source final : public BodySource {
  public:
    // The body stays as long as this lives, whatever becomes of its object.
    // `object`: whose body it is, which is dropped if the body is damaged.
    Source(std::shared_ptr<Link> link, Engine& engine, std::uint64_t object, std::uint64_t number, std::uint64_t size);
    ~Source() override;
    void read(std::uint64_t offset, std::size_t size,
              std::function<void(std::vector<Body::Piece>)> done) const override;

    std::chrono::milliseconds patience() const override;

  private:
    const std::shared_ptr<Link> link_;
    const std::uint64_t object_;
    const std::uint64_t number_;
    const std::uint64_t size_;
    const std::uint64_t generation_;
};

}  // namespace larder::storage::disk
