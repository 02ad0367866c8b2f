// Percent-encoding of what goes through the admin API's targets: keys, and values in a query.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace larder::proxy {

// Everything but unreserved characters escaped (RFC 3986 section 2.3): a key as one segment of a path.
std::string percent_encoded(std::string_view text);

// nullopt: a "%" without two hexadecimal digits.
std::optional<std::string> percent_decoded(std::string_view text);

// "a=1&b=2" in order, decoded; "+" is a space, as forms encode it. nullopt as above.
using Parameters = std::vector<std::pair<std::string, std::string>>;
std::optional<Parameters> query_parameters(std::string_view query);

}  // namespace larder::proxy
