// How glibc's malloc is used: so that memory which bodies give back goes back to the system at once.
#pragma once

namespace larder::proxy {

// Before the first thread.
void settle_allocation();

}  // namespace larder::proxy
