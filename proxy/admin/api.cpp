#include "proxy/admin/api.h"

#include "policy/pattern_index.h"
#include "proxy/admin/explain.h"
#include "proxy/admin/invalidations.h"
#include "proxy/admin/keys.h"
#include "proxy/metrics.h"
#include "proxy/shared.h"

namespace larder::proxy::admin {
namespace {

constexpr std::string_view plain_text = "text/plain; charset=utf-8";
constexpr std::string_view one_key = "/v1/keys/";

// A page in a browser that was led to this address must not be able to act here (DNS rebinding, cross-site requests).
bool from_a_foreign_page(const AdminRequest& request) {
    for (const policy::Field& field : request.fields) {
        if (policy::same_name(field.name, "sec-fetch-site") && field.value != "same-origin" && field.value != "none") {
            return true;
        }
        if (policy::same_name(field.name, "origin") && field.value != "http://" + std::string(request.host) &&
            field.value != "https://" + std::string(request.host)) {
            return true;
        }
    }
    return false;
}

// What changes something takes JSON alone, which no form of a page in a browser can send.
std::optional<AdminResponse> not_to_be_posted(const AdminRequest& request, bool needs_body) {
    if (request.method != "POST") return method_not_allowed("POST");
    const bool typed = request.fields.has("content-type");
    if (!typed && !needs_body && request.body.empty()) return std::nullopt;
    const std::string_view type = request.fields.value("content-type");
    if (policy::same_name(policy::trimmed(type.substr(0, type.find(';'))), "application/json")) return std::nullopt;
    return problem(415, "Send Content-Type: application/json.");
}

}  // namespace

Api::Api(Shared& shared, std::string_view token, Reload reload)
    : shared_(shared), token_(token), reload_(std::move(reload)) {}

bool Api::host_allowed(std::string_view host) const {
    const std::string_view name = policy::host_of(host);
    return name == "localhost" || name == "127.0.0.1" || name == "[::1]" ||
           name == policy::host_of(shared_.running()->config.admin.address);
}

std::optional<AdminResponse> Api::at_the_door(const AdminRequest& head) {
    std::optional<AdminResponse> said = refused(head);
    if (!said) said = open_to_all(head);
    if (!said) said = unauthorized(head);
    return said;
}

std::optional<AdminResponse> Api::refused(const AdminRequest& request) const {
    // A probe or a Prometheus on another machine calls this one by whatever name it has there.
    const bool any_name = request.remote && is_open(request);
    if (!any_name && !host_allowed(request.host)) {
        return problem(403, "The Host field names none of this listener's names.");
    }
    if (from_a_foreign_page(request)) return problem(403, "Requests from other sites' pages are refused.");
    return std::nullopt;
}

bool Api::is_open(const AdminRequest& request) {
    const std::string_view path = request.path();
    return request.reads() && (path == "/healthz" || path == "/readyz" || path == "/metrics");
}

std::optional<AdminResponse> Api::open_to_all(const AdminRequest& request) const {
    if (!is_open(request)) return std::nullopt;
    AdminResponse response;
    response.content_type = plain_text;
    if (request.path() == "/healthz") {
        response.body = "ok\n";
        return response;
    }
    if (request.path() == "/readyz") {
        const bool draining = shared_.draining.load();
        response.status = draining ? 503 : 200;
        response.body = draining ? "draining\n" : "ready\n";
        return response;
    }
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = metrics_text(shared_);
    return response;
}

// The same answer whether path or token was wrong.
std::optional<AdminResponse> Api::unauthorized(const AdminRequest& request) {
    const bool one_line = request.fields.count("authorization") == 1;
    const std::string_view given = request.fields.value("authorization");
    if (one_line && token_.accepts(given)) return std::nullopt;
    shared_.metrics.admin_refused.fetch_add(1, std::memory_order_relaxed);
    const auto now = Steady::now();
    const std::size_t most = shared_.running()->config.limits.admin_failures;
    const auto wait = refusals_.wait(now, most);
    if (TokenCheck::guesses(given)) {
        if (wait.count() > 0) {
            auto slower = problem(429, "Too many wrong tokens. The right one is in DATA_DIR/admin.token.");
            slower.fields = "Retry-After: " + std::to_string(wait.count()) + "\r\n";
            return slower;
        }
        refusals_.add(now, most);
    }
    auto refused = problem(401, "Send Authorization: Bearer with the token in DATA_DIR/admin.token.");
    refused.fields = "WWW-Authenticate: Bearer\r\n";
    return refused;
}

Task<AdminResponse> Api::answer(const AdminRequest& request) {
    const std::string_view path = request.path();
    std::optional<AdminResponse> said;
    if (path == "/v1/invalidations") {
        said = not_to_be_posted(request, true);
        if (!said) said = co_await answer_invalidation(shared_, request.body);
    } else if (path == "/v1/keys") {
        if (!request.reads()) said = method_not_allowed("GET, HEAD");
        if (!said) said = co_await answer_keys(shared_, request.query());
    } else if (path.starts_with(one_key)) {
        if (!request.reads()) said = method_not_allowed("GET, HEAD");
        if (!said) said = co_await answer_key(shared_, path.substr(one_key.size()), request.query());
    } else if (path == "/v1/explain") {
        said = not_to_be_posted(request, true);
        if (!said) said = co_await answer_explain(shared_, request.body);
    } else if (path == "/v1/reload" && reload_) {
        said = not_to_be_posted(request, false);
        if (!said) said = co_await answer_reload(reload_, request.body);
    } else {
        said = problem(404,
                       std::string("There is no such admin call. Here are /v1/invalidations, /v1/keys, /v1/explain, ") +
                           (reload_ ? "/v1/reload, " : "") + "/healthz, /readyz, /metrics.");
    }
    co_return std::move(*said);
}

}  // namespace larder::proxy::admin
