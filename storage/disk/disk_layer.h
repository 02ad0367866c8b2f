// FILE_SYSTEM: responses in an LMDB environment, in a directory of their own. They survive a restart, however the
// process ended.
//
// Calls return at once. Lookups are read by a pool of threads, each in a transaction of its own that ends with it;
// everything that changes something goes in order through one writing thread, which commits many at a time. What has
// been asked for is seen by lookups at once, and an erasure that was answered as durable holds after a power loss; a
// store that was not yet committed (20 ms) may be lost in a crash, as a whole. FORMAT.md says what lies in the
// directory.
//
// max_bytes bounds the file: room is made at 85 % of it (eviction.h). The queue of what waits to be written is bounded
// too, and what exceeds it is not stored. A directory that another process holds is waited for: meanwhile nothing is
// found or stored, erasures are kept and made first when it is ours, and are not durable. When writing fails it is
// tried again after a second, then two, up to a minute; reading goes on. A file that is damaged is moved aside, and the
// layer goes on empty. When more than 10,000 erasures, or 16 MiB of them, cannot be made, nothing is served until the
// content has been dropped. While the device hangs, 4,096 lookups and reads wait, and more of them fail at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "storage/account.h"
#include "storage/layer.h"

namespace larder::storage {

namespace disk {
struct Engine;
class Writer;
class Link;
}  // namespace disk

struct DiskOptions {
    std::string directory;        // made if it is missing
    std::uint64_t max_bytes = 0;  // of the file
    config::EvictionPolicy eviction = config::EvictionPolicy::lru;
    std::uint64_t seed = 0;  // of hash_key(); what was stored under another one is discarded
    unsigned readers = 4;    // threads
    std::uint64_t queue_bytes = 64ull * 1024 * 1024;
    std::chrono::milliseconds timeout{10'000};  // of whoever waits for a piece of a body
    Account* account = nullptr;  // what is read is charged to it; it outlives the layer and all that it gave
    std::function<UnixTime()> now;
    // For the operator: storage_opened, storage_waiting, storage_moved_aside, storage_failed, storage_recovered,
    // storage_read_failed, storage_damaged, storage_sealed. On a thread of the layer's; one of a kind in ten seconds.
    std::function<void(std::string_view event, std::string detail)> report;
    bool keep_content = true;  // false: starts empty whatever is there
};

class DiskLayer final : public Layer {
  public:
    // Throws std::runtime_error that says what to change if the directory cannot be made or written, or is not local.
    explicit DiskLayer(const DiskOptions&);
    ~DiskLayer() override;  // as release()

    void find(OwnedKey key, Choose choose, std::function<void(Found)> done) override;
    Stored insert(OwnedKey key, ObjectPtr object, std::size_t max_variants, PermitPtr permit,
                  std::function<void(Stored)> done) override;
    Stored refresh(OwnedKey key, ObjectPtr old_one, ObjectPtr next, PermitPtr permit,
                   std::function<void(Stored)> done) override;
    void erase(std::shared_ptr<const Selection> selection, Erasure erasure, std::size_t list_at_most,
               std::function<void(Applied)> done) override;
    void used(std::vector<Use> uses) override;
    void list(KeyFilter filter, std::optional<KeyPosition> after, std::size_t limit,
              std::function<void(KeyPage, bool failed)> done) override;
    LayerStats stats() const override;
    std::uint64_t largest() const override;

    // The file does not become shorter, only its content.
    void change(const config::Layer&) override;
    void release() override;
    bool in_use() const override;

  private:
    const std::unique_ptr<disk::Engine> engine_;
    const std::shared_ptr<disk::Link> link_;
    const std::unique_ptr<disk::Writer> writer_;
};

}  // namespace larder::storage
