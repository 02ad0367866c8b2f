// What the admin listener answers: from a request to a response, without sockets.
//
// Runs on the control thread, which it does not block. Errors are application/problem+json (RFC 9457).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proxy/admin/message.h"
#include "proxy/admin/refusals.h"
#include "proxy/admin/reload.h"
#include "proxy/admin/token.h"
#include "proxy/task.h"

namespace larder::proxy {
struct Shared;
}

namespace larder::proxy::admin {

class Api {
  public:
    // Without `reload` there is no such call.
    Api(Shared& shared, std::string_view token, Reload reload = {});

    // What can be said to the head alone: what is open to everybody, and why others may not go on. nullopt: this
    // request is to be read and answered. Once a request.
    std::optional<AdminResponse> at_the_door(const AdminRequest& head);
    // To one that was let in. `request` is the caller's, who waits.
    Task<AdminResponse> answer(const AdminRequest& request);

  private:
    std::optional<AdminResponse> refused(const AdminRequest& request) const;
    // What names no keys and needs no token: /healthz, /readyz and /metrics.
    static bool is_open(const AdminRequest& request);
    std::optional<AdminResponse> open_to_all(const AdminRequest& request) const;
    std::optional<AdminResponse> unauthorized(const AdminRequest& request);
    bool host_allowed(std::string_view host) const;

    Shared& shared_;
    TokenCheck token_;
    const Reload reload_;
    Refusals refusals_;
};

}  // namespace larder::proxy::admin
