// POST /v1/invalidations.
#pragma once

#include <string_view>

#include "proxy/admin/message.h"
#include "proxy/task.h"

namespace larder::proxy {
struct Shared;
}

namespace larder::proxy::admin {

// Takes effect before it answers. 422: a body that is JSON, but not an invalidation; the detail names the field.
Task<AdminResponse> answer_invalidation(Shared& shared, std::string_view body);

}  // namespace larder::proxy::admin
