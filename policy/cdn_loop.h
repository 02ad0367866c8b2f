// CDN-Loop (RFC 8586): each intermediary adds a name of its own to what it forwards, and knows by it what comes back.
#pragma once

#include <string_view>

#include "policy/fields.h"

namespace larder::policy {

// Whether a request has passed whoever is called `id` (a pseudonym: a token). Pure; any thread; does not allocate.
inline bool has_passed(const Fields& request, std::string_view id) {
    bool found = false;
    for_each_element(request, "CDN-Loop", [&](std::string_view info) {
        found = same_name(trimmed(info.substr(0, info.find(';'))), id);
        return !found;
    });
    return found;
}

}  // namespace larder::policy
