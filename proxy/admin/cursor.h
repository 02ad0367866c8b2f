// Where a page of the registry ended, as a word that a client hands back without reading it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "storage/listing.h"

namespace larder::proxy::admin {

// URL-safe.
std::string cursor_of(const storage::KeyPosition&);
// nullopt: no word of ours.
std::optional<storage::KeyPosition> position_of(std::string_view cursor);

}  // namespace larder::proxy::admin
