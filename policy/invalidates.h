// What a request that changes something makes invalid (RFC 9111 section 4.4).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "policy/fields.h"
#include "policy/uri_reference.h"

namespace larder::policy {

// GET, HEAD, OPTIONS, TRACE (RFC 9110 section 9.2.1) and QUERY. A method that is not known counts as unsafe.
bool is_safe(std::string_view method);
// Or the strategy says that the method only reads (content_methods); null: there is none. Such a request is a read also
// where it is not stored by its content: too long, conditional, or with an upgrade.
bool only_reads(std::string_view method, const config::StrategyConfiguration*);

// The URIs whose stored responses a response to this request invalidates, each once: the target, and Location and
// Content-Location where they have its origin. None for a safe method, and none unless the status is 2xx or 3xx.
// The URIs are as written, only resolved; they have yet to be normalised into keys. Pure; any thread.
std::vector<std::string> invalidated_uris(std::string_view method, int status, const UriView& target,
                                          const Fields& response);

// The groups of the target's origin whose responses it invalidates (Cache-Group-Invalidation, RFC 9875 section 3). None
// for a safe method; the status does not matter. Pure; any thread.
std::vector<std::string> invalidated_groups(std::string_view method, const Fields& response);

}  // namespace larder::policy
