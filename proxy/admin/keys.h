// GET /v1/keys and GET /v1/keys/{cache_key}: the registry as JSON.
#pragma once

#include <string_view>

#include "proxy/admin/message.h"
#include "proxy/task.h"

namespace larder::proxy {
struct Shared;
}

namespace larder::proxy::admin {

// A page of keys; `query` says which. 400 names a parameter that does not exist, or whose value cannot be.
Task<AdminResponse> answer_keys(Shared& shared, std::string_view query);

// One key; `segment` is it, percent-encoded. It is found under any spelling of its URL. 404: nothing holds it.
Task<AdminResponse> answer_key(Shared& shared, std::string_view segment, std::string_view query);

}  // namespace larder::proxy::admin
