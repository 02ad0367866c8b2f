// HTTP dates (RFC 9110 section 5.6.7).
// Pure; any thread. Times are UTC seconds.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "storage/time.h"

namespace larder::policy {

using storage::UnixTime;

// IMF-fixdate, RFC 850 and asctime dates, and nothing else; nullopt for everything else. Strict, because an invalid
// date always has a safe meaning (expired, no condition, no validator): the zone is GMT, every space and digit is in
// place. Only letter case is free (RFC 9111 section 4.2), and the weekday, which may be another than the date's: it
// adds nothing to the date (RFC 9110 section 5.6.7 asks recipients to be robust). A two-digit year that would be more
// than 50 years after `now` is the last such year in the past.
std::optional<UnixTime> parse_http_date(std::string_view text, UnixTime now);

// IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT". Years before 0 or after 9999 are clamped.
std::string http_date(UnixTime);

}  // namespace larder::policy
