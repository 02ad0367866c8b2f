// What flags change in a configuration that was read from a file; load.h says how.
#pragma once

#include "config/complaints.h"
#include "config/load.h"

namespace larder::config {

void apply_flags(const Flags&, Config&, Complaints&);

}  // namespace larder::config
