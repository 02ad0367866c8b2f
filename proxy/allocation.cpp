#include "proxy/allocation.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace larder::proxy {

// Left to itself, malloc takes the first large block that is freed for a sign that the like of it will be wanted again,
// and serves what is no larger from arenas, one a thread, which keep what lies below anything that is still in use.
void settle_allocation() {
#ifdef __GLIBC__
    ::mallopt(M_MMAP_THRESHOLD, 128 * 1024);  // as storage/charge.h has it
    ::mallopt(M_MMAP_MAX, 32 * 1024);         // half of what Linux allows a process
    ::mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
#endif
}

}  // namespace larder::proxy
