#include "proxy/problem.h"

#include "proxy/h1/reason.h"
#include "proxy/json.h"

namespace larder::proxy {

Problem Problem::of(UpstreamError error) {
    std::string_view detail;
    switch (error) {
        case UpstreamError::none:
            break;
        case UpstreamError::dns:
            detail = "The name of the origin server does not resolve.";
            break;
        case UpstreamError::connect_refused:
            detail = "The origin server refuses connections.";
            break;
        case UpstreamError::connect_failed:
            detail = "No connection to the origin server can be made.";
            break;
        case UpstreamError::connect_timeout:
            detail = "The origin server did not accept a connection in time.";
            break;
        case UpstreamError::tls:
            detail = "No trusted TLS connection to the origin server can be made.";
            break;
        case UpstreamError::no_server:
            detail = "No origin server is healthy.";
            break;
        case UpstreamError::queue_full:
        case UpstreamError::queue_timeout:
            detail = "All connections to the origin server are in use.";
            break;
        case UpstreamError::closed:
            detail = "The origin server closed the connection without a response.";
            break;
        case UpstreamError::first_byte_timeout:
            detail = "The origin server did not begin its response in time.";
            break;
        case UpstreamError::bad_response:
            detail = "The origin server sent a response that is not valid HTTP.";
            break;
        case UpstreamError::incomplete:
            detail = "The origin server broke off its response.";
            break;
        case UpstreamError::body_timeout:
            detail = "The origin server stopped in the middle of its response.";
            break;
        case UpstreamError::loop:
            detail = "The request came back to where it has passed: an upstream leads to this server.";
            break;
        case UpstreamError::client_gone:
            detail = "The request body did not arrive whole.";
            break;
    }
    const int status = status_for(error);
    return {status, h1::reason_phrase(status), detail, error};
}

std::string problem_json(int status, std::string_view title, std::string_view detail, std::string_view more) {
    std::string body;
    JsonObject document(body);
    document.text("title", title).number("status", static_cast<unsigned>(status));
    if (!detail.empty()) document.text("detail", detail);
    if (!more.empty()) body.append(1, ',').append(more);
    document.close();
    return body += '\n';
}

std::string problem_body(const Problem& problem) {
    return problem_json(problem.status, problem.title, problem.detail);
}

std::string proxy_status(const Problem& problem) {
    if (problem.upstream == UpstreamError::none) return {};
    return std::string("larder; error=") + proxy_status_error(problem.upstream);
}

}  // namespace larder::proxy
