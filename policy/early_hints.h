// What of a response can be told before the next one is there (103, RFC 8297): its Link fields (RFC 8288) that let a
// client fetch or connect ahead. Pure; any thread.
#pragma once

#include <string>

#include "policy/fields.h"

namespace larder::policy {

// "Link: ...\r\n" with each link whose rel is preload, modulepreload, preconnect, dns-prefetch, prefetch or stylesheet,
// at most 2 KiB; empty: there is none.
std::string early_hints(const Fields& response);

}  // namespace larder::policy
