// Answering from a fill that is under way.
#pragma once

#include <memory>

#include "proxy/exchange.h"
#include "proxy/fill.h"
#include "proxy/stored_answer.h"
#include "proxy/task.h"

namespace larder::proxy {

// Streams what the fill brings, from its beginning, at the client's speed. The fill has a head.
Task<Sent> stream_fill(Worker& worker, Exchange& exchange, Downstream& client, Fill::Follower& follower);

enum class Followed {
    answered,
    alone,   // what came is not for this request: nothing was answered, fetch for yourself
    failed,  // no response came: `problem` says why; nothing was answered
};
struct FollowOutcome {
    Followed followed = Followed::alone;
    Problem problem;
};

// Waits for the head of a fill that another request began, and joins it if it may.
Task<FollowOutcome> follow(Worker& worker, Exchange& exchange, Downstream& client, std::shared_ptr<Fill> fill);

}  // namespace larder::proxy
