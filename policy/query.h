// Query parameters that a strategy selects: what is left is what the key holds and what the origin gets, in stable
// order.
#pragma once

#include <string>
#include <string_view>

#include "config/pattern.h"

namespace larder::policy {

// Appends the selected parameters of `query` (without `?`) to `out`, sorted by name; parameters of one name keep their
// order. `;` separates nothing, and names compare as the bytes received: %75tm_x is not utm_x.
void append_selected(std::string& out, std::string_view query, const config::QuerySelection& selection);

}  // namespace larder::policy
