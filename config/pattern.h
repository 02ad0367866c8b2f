// Patterns over URLs, as an operator writes them: `[host]/seg/{resource_id}/*/**[?selection]`. Syntax only; policy
// compiles and matches them, so that file, admin API and command line share one reading.
//
//   host        in front, optional: `api.example.com`, an IP literal, or `*.example.com` for any name below it; no port
//   /literal    one segment, compared after RFC 3986 section 6.2.2 normalisation
//   /{name}     one segment, which gets that name
//   /*          one segment
//   /**         one or more segments; only at the end. `/a/**` holds `/a/` and `/a/b/c`, not `/a`
//   ?q&p*&!x    which query parameters count; `*` at the end of a name stands for any rest; `!` excludes
//
// A path is cut at its slashes: `/` is one empty segment, `/a/` is `a` and an empty one. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace larder::config {

struct Segment {
    enum class Kind { literal, any, named, rest };
    Kind kind = Kind::literal;
    std::string text;  // literal: normalised; named: the name; else empty
    bool operator==(const Segment&) const = default;
};

// A parameter counts if it is included, or nothing is included, and if it is not excluded. Names compare as the bytes
// received: an encoded spelling is another name.
struct QuerySelection {
    struct Name {
        std::string text;
        bool prefix = false;  // any name that begins with text
        bool operator==(const Name&) const = default;
    };
    std::vector<Name> include;
    std::vector<Name> exclude;
    bool operator==(const QuerySelection&) const = default;
};

struct PathPattern {
    std::string host;  // lower case; empty: any; "*.example.com": any name below
    std::vector<Segment> segments;
    std::optional<QuerySelection> query;  // nullopt: the query counts as received
    std::string text;                     // as written
};

struct PatternError {
    std::size_t position = 0;  // bytes from the start of the text
    std::string found;
    std::string expected;
};

inline constexpr std::size_t pattern_length_limit = 200;

std::variant<PathPattern, PatternError> parse_pattern(std::string_view text);

// `*.example.com`, a name or an IP literal, in lower case; nullopt: none of these.
std::optional<std::string> parse_host_pattern(std::string_view text);

// A path without placeholders, normalised: unreserved characters decoded, hexadecimal digits in upper case. nullopt:
// a character that must be percent-encoded, a bad percent-encoding, or no slash in front.
std::optional<std::string> normalise_path(std::string_view path);

// Two patterns that select the same requests have the same key. The query selection is no part of it: it says what
// tells requests apart, not which are meant.
std::string tie_key(const PathPattern&);

// Whether some request is selected by both.
bool overlap(const PathPattern&, const PathPattern&);

}  // namespace larder::config
