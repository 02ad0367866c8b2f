// The disk under LMDB, which the test makes fail or hang: the calls with which it writes are this binary's own.
#pragma once

namespace larder::storage::faulty_disk {

// The n-th write or sync of a data file from now on fails, and `times` - 1 behind it, with EIO; 0: none. Returns
// whether one has failed since the last call.
bool fail(unsigned nth, unsigned times);
// Writes and syncs of data files do not return before resume().
void hang();
void resume();
// Data files can be neither moved nor deleted.
void keep_files(bool keep);

}  // namespace larder::storage::faulty_disk
