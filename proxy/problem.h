// An answer that Larder itself makes when it cannot give another: its status, and why, as application/problem+json
// (RFC 9457) with Proxy-Status (RFC 9209) where an upstream failed.
#pragma once

#include <string>
#include <string_view>

#include "proxy/upstream/error.h"

namespace larder::proxy {

struct Problem {
    int status = 500;
    std::string_view title;   // a literal
    std::string_view detail;  // a literal; empty: none
    UpstreamError upstream = UpstreamError::none;

    static Problem of(UpstreamError error);
};

// An application/problem+json document. `title` and `status` always; `detail` unless it is empty; then `more`, further
// members as JSON text.
std::string problem_json(int status, std::string_view title, std::string_view detail, std::string_view more = {});
std::string problem_body(const Problem& problem);
// "larder; error=connection_refused", or empty.
std::string proxy_status(const Problem& problem);

}  // namespace larder::proxy
