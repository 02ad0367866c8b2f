// The keys of the layer, in pages. On a reader.
#pragma once

#include <optional>

#include "storage/disk/engine.h"
#include "storage/listing.h"

namespace larder::storage::disk {

// `failed`: something could not be read.
KeyPage list(Engine&, const KeyFilter&, const std::optional<KeyPosition>& after, std::size_t limit, bool& failed);

}  // namespace larder::storage::disk
