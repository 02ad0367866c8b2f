// W3C Trace Context: traceparent (section 3.2 of the recommendation of 2021-11-23). Pure; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "policy/fields.h"

namespace larder::policy {

// One traceparent of version 00, or of a later one that begins alike; neither id is all zeroes. Without it the trace
// starts anew, and tracestate means nothing (section 4.3).
bool has_trace_parent(const Fields& request);

// A traceparent that begins a trace, not sampled. The caller's numbers are random; zeroes become ones.
std::string make_trace_parent(std::uint64_t trace_high, std::uint64_t trace_low, std::uint64_t parent);

}  // namespace larder::policy
