// POST /v1/reload: the configuration is read again, and takes effect if nothing is wrong with it.
#pragma once

#include <functional>
#include <vector>

#include "config/load.h"
#include "proxy/admin/message.h"
#include "proxy/task.h"

namespace larder::proxy::admin {

// Reads the configuration and puts it in force as it is now. Empty: it is in force. Else nothing has changed, and these
// say why. On the control thread.
using Reload = std::function<Task<std::vector<config::Complaint>>()>;

// 200, or 422 with the members of the first complaint, and all of them in `complaints`.
Task<AdminResponse> answer_reload(const Reload& reload, std::string_view body);

}  // namespace larder::proxy::admin
