// A damaged file may make LMDB touch memory that is not there (SIGSEGV, SIGBUS) or fail an assertion of its own. That
// kills the process once: before it dies, a marker is made, by which the next start knows to begin empty.
#pragma once

namespace larder::storage::disk {

// Installs the handlers, once a process. They go before those that are there: what is not this layer's thread goes
// straight on to them.
void watch_for_damage();

// From now on this thread works in an environment with that marker; nullptr: in none. The path outlives it.
void watch_this_thread(const char* marker_path);

// Makes the marker of this thread, if it has one. Safe in a signal handler.
void mark_damage();

}  // namespace larder::storage::disk
