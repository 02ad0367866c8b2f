// Fetching what is to be stored: one request to the origin, the verdict on its response, and the body on its way into
// the layers while followers stream it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "proxy/exchange.h"
#include "proxy/fill.h"
#include "proxy/fills.h"
#include "proxy/task.h"
#include "storage/object.h"

namespace larder::proxy {

// A range that is asked of the origin in place of the whole.
struct WantedRange {
    WantedRange() = default;  // no aggregate: see Filling

    std::string range;           // the value of Range; empty: all is wanted
    std::string if_range;        // and of If-Range
    storage::ObjectPtr rest_of;  // the stored part that the range completes; null: the client asked for the range
};

struct Filling {
    // No aggregate: GCC 12 destroys one that is passed to a coroutine twice.
    Filling(std::shared_ptr<Fill> f, std::optional<storage::KeyHash> key, storage::ObjectPtr old)
        : fill(std::move(f)), listed(key), stale(std::move(old)) {}

    // Nobody is to join it any more.
    void unlist(Fills& fills) const;

    std::shared_ptr<Fill> fill;
    std::optional<storage::KeyHash> listed;  // under which others can join it; nullopt: nobody can
    storage::ObjectPtr stale;                // what is validated, and served if the origin fails
    storage::VariantSetPtr known;            // what the look found under the key; null: nothing
    WantedRange wanted;                      // without `stale`
    std::uint32_t given = 0;                 // with `listed`: Hit::given of the look before it was joined
};

// Fetches, and answers `client` (null: nobody waits, as for a background revalidation). Whatever happens, the fill is
// settled and no longer listed when this returns, or its body is still coming in behind it.
Task<void> fill_and_answer(Worker& worker, Exchange& exchange, Downstream* client, Filling filling);

// For which other requests a fill of this one can serve: the key, and the values of the fields that the key's responses
// are known to vary by; the range, where a client asked for one; and the configuration that the request is served by.
struct FillKey {
    std::string text;
    storage::KeyHash hash;
    const void* rules = nullptr;  // the configuration by which it would be stored
};
FillKey fill_key(Worker& worker, const Exchange& exchange, const storage::VariantSet* known,
                 const WantedRange& wanted = {});

}  // namespace larder::proxy
