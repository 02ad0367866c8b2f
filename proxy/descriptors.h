// How many client connections there may be, given how many descriptors the process may have.
#pragma once

#include <cstddef>

#include "config/config.h"

namespace larder::proxy {

// Raises the soft limit to the hard one. Called once, by main.
void raise_descriptor_limit();

// limits.connections, or less: a third of the descriptors, less a few for files and listeners, is kept for the other
// side, since a client that waits for an upstream connection needs two.
std::size_t connection_cap(const config::Config&);

}  // namespace larder::proxy
