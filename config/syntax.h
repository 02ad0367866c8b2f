// What keeps a text from being YAML, in words that help whoever wrote it. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/document.h"

namespace larder::config {

// Where reading stops, why, and the cure.
struct Stop {
    Place place;
    std::string found;
    std::string expected;
};

// Too large, not UTF-8, or beyond what the parser is given; nullopt: it may be parsed.
std::optional<Stop> not_parsable(std::string_view text);

// The parser's message about that place, with what usually causes it.
Stop explain(std::string_view text, Place, const std::string& message);

}  // namespace larder::config
