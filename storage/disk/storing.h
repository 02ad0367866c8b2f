// A response's way into the tables: what it supersedes, its body, its record and index entries.
//
// Its body is written under a number that no record has yet, in as many transactions as it takes, and is seen when the
// record is there: in the last one, in which the permit is asked. The writing thread's. Throws Failure.
#pragma once

#include "storage/disk/batch.h"

namespace larder::storage::disk {

Stored insert(Batch&, Engine&, const Operation&);
// The record is new, the body stays where it is.
Stored refresh(Batch&, Engine&, const Operation&);

// The largest body that is taken.
std::uint64_t largest_body(std::uint64_t max_bytes);

}  // namespace larder::storage::disk
