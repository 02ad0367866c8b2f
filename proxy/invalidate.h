// Invalidations take effect here: entered among the tickets first, then applied to every layer, then answered.
#pragma once

#include <memory>
#include <vector>

#include "policy/invalidation.h"
#include "proxy/exchange.h"
#include "proxy/h1/response_head.h"
#include "proxy/task.h"
#include "storage/layer.h"

namespace larder::proxy {

struct Shared;

struct InvalidationReceipt {
    struct ForLayer {
        std::size_t tier = 0;  // among those that were running then
        config::LayerName layer_name = config::LayerName::l1_application;
        config::Technology technology = config::Technology::memory;
        std::uint64_t count = 0;
        bool failed = false;  // it was not applied there; the layer serves nothing that was selected
    };
    std::uint64_t count = 0;  // keys; those of a second layer do not count again
    std::vector<std::string> keys;
    std::vector<ForLayer> layers;
    bool durable = true;  // no restart brings anything of it back
};

// Waits for slow layers on `executor`, which the coroutine runs on. When it returns, no request that starts later gets
// what was selected, from this process or from another one of the same data_dir (relay.h).
Task<InvalidationReceipt> invalidate(Executor executor, Shared& shared,
                                     std::shared_ptr<policy::Invalidation> invalidation, std::size_t list_at_most);

// The same in this process alone: for what another one has told.
Task<InvalidationReceipt> invalidate_here(Executor executor, Shared& shared,
                                          std::shared_ptr<policy::Invalidation> invalidation, std::size_t list_at_most);

// RFC 9111 section 4.4: the target, Location and Content-Location, after a non-error response to an unsafe method; and
// the groups of the same origin that its Cache-Group-Invalidation names (RFC 9875 section 3).
// `exchange` and `head` are the caller's, who waits. Gives the numbers of the invalidations.
Task<std::vector<policy::Sequence>> invalidate_after_write(Executor executor, Shared& shared, const Exchange& exchange,
                                                           const h1::ResponseHead& head);

}  // namespace larder::proxy
