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

// The whole response but for Date, Connection and Cache-Status lines: appends fields to `fields` and returns the body.
std::string problem_body(const Problem& problem);
// "larder; error=connection_refused", or empty.
std::string proxy_status(const Problem& problem);

}  // namespace larder::proxy
