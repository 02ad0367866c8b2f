// Fields as they are stored: text of lines "Name: value\r\n". Pure; any thread.
#pragma once

#include <string_view>

#include "policy/fields.h"

namespace larder::policy {

// Calls f(std::string_view line, const Field&) for every line, which is without its end. A line without a colon is
// skipped. f returns false to stop.
template <class F>
void for_each_line(std::string_view text, F f) {
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find("\r\n"));
        text.remove_prefix(line.size() + 2 < text.size() ? line.size() + 2 : text.size());
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        if (!f(line, Field{line.substr(0, colon), trimmed(line.substr(colon + 1))})) return;
    }
}

// As views into the text.
inline Fields fields_in(std::string_view text) {
    Fields fields;
    for_each_line(text, [&](std::string_view, const Field& field) {
        fields.add(field.name, field.value);
        return true;
    });
    return fields;
}

// The first value of that name; empty: there is none.
inline std::string_view value_in(std::string_view text, std::string_view name) {
    std::string_view value;
    for_each_line(text, [&](std::string_view, const Field& field) {
        const bool found = same_name(field.name, name);
        if (found) value = field.value;
        return !found;
    });
    return value;
}

}  // namespace larder::policy
