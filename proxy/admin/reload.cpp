#include "proxy/admin/reload.h"

#include "proxy/complaints_json.h"

namespace larder::proxy::admin {

Task<AdminResponse> answer_reload(const Reload& reload, std::string_view body) {
    body = policy::trimmed(body);
    if (!body.empty() && body != "{}") co_return problem(422, "A reload takes no fields: send no body, or {}.");
    const auto complaints = co_await reload();
    if (complaints.empty()) {
        AdminResponse response;
        response.body = "{\"state\":\"reloaded\"}\n";
        co_return response;
    }
    co_return problem(422, config::to_string(complaints.front()) + " Nothing has changed.",
                      complaint_members(complaints.front()) + ",\"complaints\":" + complaints_json(complaints));
}

}  // namespace larder::proxy::admin
