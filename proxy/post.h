// A response to POST that is the target's new representation: it says so by Content-Location, and how long it is fresh
// (RFC 9110 section 9.3.3). It is stored where the strategy asks for that (store_post), and answers GET from then on.
#pragma once

#include <vector>

#include "proxy/exchange.h"
#include "proxy/fetch.h"
#include "proxy/tiers.h"

namespace larder::proxy {

// Whether it is one, and may be stored.
bool represents_target(const Shared& shared, const Exchange& exchange, const Fetched& fetched);

// What else happened to the target while the POST was under way.
struct Writing {
    Writing(Tiers::Hold ticket, std::vector<policy::Sequence> invalidations)
        : before(std::move(ticket)), own(std::move(invalidations)) {}

    Tiers::Hold before;                 // taken before the request was sent
    std::vector<policy::Sequence> own;  // the invalidations that this POST made
};
// Answers the client, and stores it, unless another invalidation came since `before`.
Task<void> answer_and_store(Worker& worker, Exchange& exchange, Downstream& client, Fetched fetched, Writing writing);

}  // namespace larder::proxy
