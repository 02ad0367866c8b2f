// The reason phrase that we write for a status code; an origin's is never passed on. Empty for codes that have none,
// which RFC 9112 section 4 allows. Static storage.
#pragma once

namespace larder::proxy::h1 {

const char* reason_phrase(int status);

}  // namespace larder::proxy::h1
