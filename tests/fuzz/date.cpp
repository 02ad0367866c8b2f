// Dates: never a crash; a date that is read is within the four-digit years and survives being written.
#include "policy/date.h"

#include <cstdint>
#include <cstdlib>

using namespace larder::policy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr UnixTime now = 1'700'000'000;
    const auto time = parse_http_date({reinterpret_cast<const char*>(data), size}, now);
    if (time && parse_http_date(http_date(*time), now) != time) std::abort();
    return 0;
}
