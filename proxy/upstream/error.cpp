#include "proxy/upstream/error.h"

namespace larder::proxy {
namespace {

struct Row {
    const char* word;
    const char* proxy_status;
    int status;
};

const Row& row(UpstreamError error) {
    static constexpr Row rows[] = {
        {"none", "", 200},
        {"dns", "dns_error", 502},
        {"connect_refused", "connection_refused", 502},
        {"connect_failed", "destination_ip_unroutable", 502},
        {"connect_timeout", "connection_timeout", 504},
        {"tls", "tls_protocol_error", 502},
        {"no_server", "destination_unavailable", 503},
        {"queue_full", "connection_limit_reached", 503},
        {"queue_timeout", "connection_limit_reached", 503},
        {"closed", "connection_terminated", 502},
        {"first_byte_timeout", "http_response_timeout", 504},
        {"bad_response", "http_protocol_error", 502},
        {"incomplete", "http_response_incomplete", 502},
        {"body_timeout", "connection_read_timeout", 504},
        {"loop", "proxy_loop_detected", 502},
        {"client_gone", "http_request_error", 400},
    };
    return rows[static_cast<int>(error)];
}

}  // namespace

const char* word(UpstreamError error) {
    return row(error).word;
}
const char* proxy_status_error(UpstreamError error) {
    return row(error).proxy_status;
}
int status_for(UpstreamError error) {
    return row(error).status;
}

bool nothing_sent(UpstreamError error) {
    switch (error) {
        case UpstreamError::dns:
        case UpstreamError::connect_refused:
        case UpstreamError::connect_failed:
        case UpstreamError::connect_timeout:
        case UpstreamError::tls:
        case UpstreamError::queue_full:
        case UpstreamError::queue_timeout:
            return true;
        default:
            return false;
    }
}

}  // namespace larder::proxy
