// Answering from a fill that is under way.
#pragma once

#include <memory>

#include "proxy/exchange.h"
#include "proxy/fill.h"
#include "proxy/stored_answer.h"
#include "proxy/task.h"

namespace larder::proxy {

// Streams what the fill brings, from its beginning, at the client's speed. The fill has a head. `nothing`: the body
// broke off before anything was sent, or the range that is asked for cannot be told from what comes; the fill's state
// says which.
Task<Sent> stream_fill(Worker& worker, Exchange& exchange, Downstream& client, Fill::Follower& follower);

enum class Followed {
    answered,
    // Nothing was answered:
    alone,   // what came is not for this request: fetch for yourself
    again,   // what came may not be reused by a request that came after the origin was asked: nor by others, so one
             // fetches anew for all that wait
    ranged,  // the range cannot be told from what comes: ask for it
    failed,  // no response came in time, or it broke off: `problem` says why
};
struct FollowOutcome {
    Followed followed = Followed::alone;
    Problem problem;
};

// Waits for the head of a fill that another request began, and joins it if it may.
Task<FollowOutcome> follow(Worker& worker, Exchange& exchange, Downstream& client, std::shared_ptr<Fill> fill);

}  // namespace larder::proxy
