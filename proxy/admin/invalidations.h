// POST /v1/invalidations.
#pragma once

#include <string>
#include <string_view>

#include "proxy/admin/message.h"
#include "proxy/task.h"

namespace larder::proxy {
struct Shared;
}

namespace larder::proxy::admin {

// Takes effect before it answers. 422: a body that is JSON, but not an invalidation; the detail names the field.
Task<AdminResponse> answer_invalidation(Shared& shared, std::string_view body);

// What another process of this data_dir has invalidated, for this one alone (policy::Invalidation::order): the same
// object, and with tags perhaps their `origin`. What cannot be read, or names what is not here, drops everything.
Task<void> apply_order(Executor executor, Shared& shared, std::string order);

}  // namespace larder::proxy::admin
