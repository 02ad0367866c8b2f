#include "proxy/admin/api.h"

#include "policy/pattern_index.h"
#include "proxy/admin/invalidations.h"
#include "proxy/h1/reason.h"
#include "proxy/json.h"
#include "proxy/metrics.h"
#include "proxy/shared.h"

namespace larder::proxy::admin {
namespace {

// A page in a browser that was led to this address must not be able to act here (DNS rebinding, cross-site requests).
bool from_a_foreign_page(const AdminRequest& request) {
    if (const auto* site = request.fields.find("sec-fetch-site")) {
        if (site->value != "same-origin" && site->value != "none") return true;
    }
    const auto* origin = request.fields.find("origin");
    if (!origin) return false;
    return origin->value != "http://" + std::string(request.host) &&
           origin->value != "https://" + std::string(request.host);
}

}  // namespace

AdminResponse problem(int status, std::string_view title, std::string_view detail) {
    AdminResponse response;
    response.status = status;
    response.content_type = "application/problem+json";
    response.body = "{\"title\":";
    append_json_string(response.body, title);
    response.body += ",\"status\":" + std::to_string(status) + ",\"detail\":";
    append_json_string(response.body, detail);
    response.body += "}\n";
    return response;
}

Api::Api(Shared& shared, std::string_view token, Reload reload)
    : shared_(shared), token_(token), reload_(std::move(reload)) {}

bool Api::host_allowed(std::string_view host) const {
    const std::string_view name = policy::host_of(host);
    return name == "localhost" || name == "127.0.0.1" || name == "[::1]" ||
           name == policy::host_of(shared_.running()->config.admin.address);
}

// What needs no token, and the refusal of what has none.
std::optional<AdminResponse> Api::unguarded(const AdminRequest& request, std::string_view path) const {
    if (!host_allowed(request.host)) {
        return problem(403, "Forbidden", "The Host field names none of this listener's names.");
    }
    if (from_a_foreign_page(request)) return problem(403, "Forbidden", "Requests from other sites' pages are refused.");
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (reads && path == "/healthz") return AdminResponse{200, "text/plain; charset=utf-8", "ok\n", {}};
    if (reads && path == "/readyz") {
        if (shared_.draining.load()) return AdminResponse{503, "text/plain; charset=utf-8", "draining\n", {}};
        return AdminResponse{200, "text/plain; charset=utf-8", "ready\n", {}};
    }
    if (reads && path == "/metrics") {
        return AdminResponse{200, "text/plain; version=0.0.4; charset=utf-8", metrics_text(shared_), {}};
    }
    // The same answer whether path or token was wrong.
    const bool one_line = request.fields.count("authorization") == 1;
    if (!one_line || !token_.accepts(request.fields.value("authorization"))) {
        shared_.metrics.admin_refused.fetch_add(1, std::memory_order_relaxed);
        auto refused =
            problem(401, "Unauthorized", "Send Authorization: Bearer with the token in DATA_DIR/admin.token.");
        refused.fields = "WWW-Authenticate: Bearer\r\n";
        return refused;
    }
    return std::nullopt;
}

Task<AdminResponse> Api::answer(const AdminRequest& request) {
    const std::string_view path = request.target.substr(0, request.target.find('?'));
    std::optional<AdminResponse> at_once = unguarded(request, path);
    if (!at_once) at_once = co_await guarded(request, path);
    co_return std::move(*at_once);
}

Task<AdminResponse> Api::guarded(const AdminRequest& request, std::string_view path) {
    if (path != "/v1/invalidations") {
        co_return problem(404, "Not Found",
                          "There is no such admin call. Here are /v1/invalidations, /healthz, /readyz, /metrics.");
    }
    if (request.method != "POST") {
        auto refused = problem(405, "Method Not Allowed", "Use POST.");
        refused.fields = "Allow: POST\r\n";
        co_return refused;
    }
    const std::string_view type = request.fields.value("content-type");
    if (!policy::same_name(policy::trimmed(type.substr(0, type.find(';'))), "application/json")) {
        co_return problem(415, "Unsupported Media Type", "Send Content-Type: application/json.");
    }
    co_return co_await answer_invalidation(shared_, request.body);
}

}  // namespace larder::proxy::admin
