// What a strategy says, as a number that is stored with each object: an object with another one was stored under other
// rules, and is validated before its next use.
#pragma once

#include <cstdint>
#include <string_view>

#include "policy/rules.h"

namespace larder::policy {

// Of the name, the behaviour, the ttl and the whole configuration. Equal for equal ones in every process on every
// machine; different ones are equal by chance once in 2^64. Pure; any thread.
std::uint64_t fingerprint(std::string_view strategy_name, const Rules& rules);

}  // namespace larder::policy
