// What the admin listener answers: from a request to a response, without sockets.
//
// Runs on the control thread, which it does not block. Errors are application/problem+json (RFC 9457).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "config/load.h"
#include "policy/fields.h"
#include "proxy/admin/token.h"
#include "proxy/task.h"

namespace larder::proxy {
struct Shared;
}

namespace larder::proxy::admin {

struct AdminRequest {
    std::string_view method;
    std::string_view target;  // canonical path and query
    std::string_view host;
    const policy::Fields& fields;
    std::string_view body;
};

struct AdminResponse {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::string fields;  // further lines
};

AdminResponse problem(int status, std::string_view title, std::string_view detail);

class Api {
  public:
    // Puts the configuration file in force as it is now; what is wrong with it, if it is not.
    using Reload = std::function<Task<std::vector<config::Complaint>>()>;
    Api(Shared& shared, std::string_view token, Reload reload);

    // `request` is the caller's, who waits.
    Task<AdminResponse> answer(const AdminRequest& request);

  private:
    std::optional<AdminResponse> unguarded(const AdminRequest& request, std::string_view path) const;
    Task<AdminResponse> guarded(const AdminRequest& request, std::string_view path);
    bool host_allowed(std::string_view host) const;

    Shared& shared_;
    TokenCheck token_;
    const Reload reload_;
};

}  // namespace larder::proxy::admin
