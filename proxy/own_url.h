// References of a response that name the URL of its own request: what is stored under the same key is the same.
#pragma once

#include <string_view>

#include "policy/fields.h"
#include "proxy/exchange.h"

namespace larder::proxy {

struct Shared;

// Whether the reference (RFC 3986 section 5) leads to the key of the exchange; an empty one does.
bool names_own_url(const Shared& shared, const Exchange& exchange, std::string_view reference);

// Whether this is a redirect whose Location does, or leads to a URL for which No-Vary-Search makes the redirect itself
// the answer: everybody would be led in a circle.
bool redirects_to_itself(const Shared& shared, const Exchange& exchange, int status, const policy::Fields& response);

}  // namespace larder::proxy
