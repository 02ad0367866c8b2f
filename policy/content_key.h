// What of a request's content decides which response it gets: for QUERY (RFC 10008), and POST where a strategy says
// that it only reads. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "config/config.h"
#include "policy/fields.h"

namespace larder::policy {

// Whether the strategy stores responses to this method by the request's content.
bool keyed_by_content(std::string_view method, const config::StrategyConfiguration&);

// The fields that describe the content (Content-*, but for its length), in the order of their names: two requests with
// the same text and the same content ask for the same.
std::string content_description(const Fields& request);

// Whether JSON that says the same may be taken for the same: it is JSON, without a content coding, and the request does
// not say no-transform (RFC 10008 section 2.7).
bool json_may_be_normalised(const Fields& request);

}  // namespace larder::policy
