// The small language of the policy tests.
#pragma once

#include <string_view>

#include "policy/response.h"

namespace larder::policy {

// Tuesday 2023-11-14.
inline constexpr UnixTime test_time = 1'700'000'000;
inline constexpr std::string_view test_time_text = "Tue, 14 Nov 2023 22:13:20 GMT";

// "Name: value\nName: value", as views into the text.
inline Fields fields_of(std::string_view text) {
    Fields fields;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        const std::size_t colon = line.find(':');
        fields.add(line.substr(0, colon), trimmed(line.substr(colon + 1)));
        text.remove_prefix(line.size() < text.size() ? line.size() + 1 : text.size());
    }
    return fields;
}

}  // namespace larder::policy
