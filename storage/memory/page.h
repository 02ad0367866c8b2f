// A shard's part of a page of the registry.
#pragma once

#include <cstddef>
#include <optional>

#include "storage/listing.h"
#include "storage/memory/shard.h"

namespace larder::storage {

// Called with the shard's mutex held. At most `most_rows` rows of at most `most_keys` keys behind `after`; how many it
// has looked at is taken off `left`.
KeyPage shard_page(Shard&, const KeyFilter&, const std::optional<KeyPosition>& after, std::size_t most_rows,
                   std::size_t most_keys, std::size_t& left);

}  // namespace larder::storage
