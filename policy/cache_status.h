// The member that Larder adds to Cache-Status (RFC 9211).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "storage/time.h"

namespace larder::policy {

// Why a request went to the origin (RFC 9211 section 2.2).
enum class Forward { none, bypass, method, uri_miss, vary_miss, miss, request, stale, partial };

// "uri-miss" and so on; "" for none.
const char* word(Forward);

struct CacheStatus {
    bool hit = false;  // answered without the origin; then forward is none
    Forward forward = Forward::none;
    int forward_status = 0;                              // the origin's status; 0: unknown, or no forward
    std::optional<storage::Seconds> ttl = std::nullopt;  // freshness left; negative when stale
    bool stored = false;
    bool collapsed = false;        // with another request's forward
    std::string_view key = {};     // empty: not told
    std::string_view detail = {};  // empty: not told
};

// Appends `larder; hit; ttl=123` or `larder; fwd=uri-miss; fwd-status=200; stored`. Key and detail become sf-strings
// (RFC 8941 section 3.3.3); their bytes outside printable ASCII are percent-encoded, so nothing can break out of the
// field. Pure; any thread.
void append(std::string& out, const CacheStatus&);

}  // namespace larder::policy
