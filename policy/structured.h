// As much of structured fields (RFC 8941) as responses are read with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace larder::policy {

// An sf-list whose members are all sf-strings, unescaped. Parameters are checked and dropped. nullopt: it is anything
// else, and then counts as absent as a whole (section 4.2). Pure; any thread.
std::optional<std::vector<std::string>> parse_string_list(std::string_view);

// A member of an sf-dictionary, without its parameters.
struct DictionaryMember {
    // text: an sf-string or a token; texts: an inner list of sf-strings; other: all the rest
    enum class Kind { boolean, integer, text, texts, other };
    std::string key;
    Kind kind = Kind::boolean;
    std::int64_t integer = 0;  // of a boolean: 0 or 1
    std::string text;
    std::vector<std::string> texts = {};
    bool operator==(const DictionaryMember&) const = default;
};

inline constexpr std::size_t max_dictionary_bytes = 8192;
inline constexpr std::size_t max_dictionary_commas = 127;  // as between 128 members; those within strings count too

// Longer than what is parsed here: whoever sends it could mean anything, so a reader takes it for whatever is the most
// restrictive. Pure; any thread.
bool exceeds_dictionary(std::string_view);

// An sf-dictionary (section 3.2); of members with the same key the last. nullopt: it is anything else, and then counts
// as absent as a whole, or exceeds_dictionary(). Takes time in proportion to its length. Pure; any thread.
std::optional<std::vector<DictionaryMember>> parse_dictionary(std::string_view);

}  // namespace larder::policy
