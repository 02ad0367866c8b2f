// Complaints about a configuration, as `check --json` prints them and a reload answers them.
#pragma once

#include <string>
#include <vector>

#include "config/load.h"

namespace larder::proxy {

// "line":1,"column":2,"file":"...","field":"...","found":"...","expected":"..."
std::string complaint_members(const config::Complaint&);
// An array of objects, one a line. Those of a warning have "warning":true besides.
enum class Severity { mistake, warning };
std::string complaints_json(const std::vector<config::Complaint>&, Severity = Severity::mistake);

}  // namespace larder::proxy
