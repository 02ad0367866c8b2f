#include "proxy/admin/message.h"

#include "proxy/h1/reason.h"
#include "proxy/problem.h"

namespace larder::proxy::admin {

AdminResponse problem(int status, std::string_view detail, std::string_view more) {
    AdminResponse response;
    response.status = status;
    response.content_type = "application/problem+json";
    response.body = problem_json(status, h1::reason_phrase(status), detail, more);
    return response;
}

AdminResponse method_not_allowed(std::string_view allowed) {
    AdminResponse refused = problem(405, "Use " + std::string(allowed) + " here.");
    refused.fields = "Allow: " + std::string(allowed) + "\r\n";
    return refused;
}

}  // namespace larder::proxy::admin
