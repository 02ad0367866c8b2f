// POST /v1/explain: what would become of a request, as JSON (proxy/explain.h).
#pragma once

#include <string_view>

#include "proxy/admin/message.h"
#include "proxy/task.h"

namespace larder::proxy {
struct Shared;
}

namespace larder::proxy::admin {

//  {"method":"GET","url":"http://api.example.com/a","fields":["Accept-Language: de"],
//   "response":{"status":200,"fields":["Cache-Control: max-age=60"]}}
// `url` alone is required. 400: no JSON; 422 names the member that is wrong.
Task<AdminResponse> answer_explain(Shared& shared, std::string_view body);

}  // namespace larder::proxy::admin
