#include "config/syntax.h"

#include <algorithm>

#include "config/characters.h"

namespace larder::config {
namespace {

Place place_in(std::string_view text, std::size_t position) {
    const std::string_view before = text.substr(0, position);
    const std::size_t line_end = before.rfind('\n');
    const std::size_t line_start = line_end == npos ? 0 : line_end + 1;
    return {static_cast<int>(std::ranges::count(before, '\n')) + 1, static_cast<int>(position - line_start) + 1};
}

// The length of the UTF-8 sequence there (RFC 3629 section 4), or 0.
std::size_t sequence_length(std::string_view text) {
    const auto byte = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
    const auto follows = [byte](std::size_t i, unsigned least = 0x80, unsigned most = 0xBF) {
        return byte(i) >= least && byte(i) <= most;
    };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        const bool second = follows(1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF);
        return second && follows(2) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        const bool second = follows(1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF);
        return second && follows(2) && follows(3) ? 4 : 0;
    }
    return 0;
}

std::optional<std::size_t> not_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = sequence_length(text.substr(i));
        if (length == 0) return i;
        i += length;
    }
    return std::nullopt;
}

std::string_view line_of(std::string_view text, int line) {
    for (; line > 1; --line) {
        const std::size_t end = text.find('\n');
        if (end == npos) return "";
        text.remove_prefix(end + 1);
    }
    return text.substr(0, text.find('\n'));
}

// A tab before the first character of that line, or of one beside it.
std::optional<Place> tab_near(std::string_view text, int line) {
    for (const int near : {line, line - 1, line + 1}) {
        if (near < 1) continue;
        const std::string_view indentation = line_of(text, near);
        const std::size_t tab = indentation.substr(0, indentation.find_first_not_of(" \t")).find('\t');
        if (tab != npos) return Place{near, static_cast<int>(tab) + 1};
    }
    return std::nullopt;
}

// The nearest line above that says something, if it has no colon where every line has one.
std::optional<Place> no_colon_above(std::string_view text, int line) {
    while (--line > 0) {
        const std::string_view above = line_of(text, line);
        const std::size_t start = above.find_first_not_of(" \r");
        if (start == npos || above[start] == '#') continue;
        const std::string_view content = above.substr(start, above.find_last_not_of(" \r") + 1 - start);
        const bool fits = content.find(": ") != npos || content.ends_with(':') || content.starts_with('-') ||
                          content.find_first_of("[]{}\"'|>") != npos;
        if (fits) return std::nullopt;
        return Place{line, static_cast<int>(start) + 1};
    }
    return std::nullopt;
}

struct Cause {
    std::string_view message;  // a part of the parser's
    const char* cure;
};

constexpr Cause causes[] = {
    {"end of map flow", "YAML: a } for every {, on both sides of a comma one setting; put quotes around text with { }"},
    {"end of sequence flow", "YAML: a ] for every [, brackets in order; put quotes around text with [ ]"},
    {"end of map",
     "YAML: a name, a colon, a space and a value; check that the indentation is that of "
     "the lines above, and that quotes are closed"},
    {"end of sequence", "YAML: check that the indentation of this line is that of the - above, or more"},
    {"EOF in scalar", "YAML: close the quotes; they may be open since an earlier line"},
    {"illegal map value",
     "YAML: one name: value a line; put quotes around text with a colon and a space, and check the indentation"},
    {"illegal block entry", "YAML: - at the beginning of a line, with the indentation of the - above"},
    {"alias", "YAML: quotes around text that begins with *, such as \"*.example.com\""},
    {"anchor", "YAML: quotes around text that begins with * or &, such as \"*.example.com\""},
    {"unknown token", "YAML: quotes around text that begins with @, % or `"},
};

}  // namespace

std::optional<Stop> not_parsable(std::string_view text) {
    if (text.size() > document_bytes_limit) return Stop{{}, "more than 10MiB", "a smaller file"};
    if (const std::size_t zero = text.find('\0'); zero != npos) {
        return Stop{place_in(text, zero), "a zero byte", "text in UTF-8: save the file in that encoding"};
    }
    if (const auto wrong = not_utf8(text)) {
        return Stop{place_in(text, *wrong), "the byte " + printable(text.substr(*wrong, 1)) + ", which is not UTF-8",
                    "text in UTF-8: save the file in that encoding"};
    }
    // The parser keeps what is open in a queue before it reports the first of it.
    const auto marks = std::ranges::count_if(text, [](char c) { return c == '[' || c == '{' || c == ','; });
    if (static_cast<std::size_t>(marks) > document_marks_limit) {
        return Stop{{}, "more than 500000 of [ { and ,", "lists and mappings in block style"};
    }
    return std::nullopt;
}

Stop explain(std::string_view text, Place place, const std::string& message) {
    if (const auto tab = tab_near(text, place.line)) {
        return {*tab, "a tab in the indentation", "spaces: YAML has no tabs there; put two spaces in its place"};
    }
    if (const auto bare = no_colon_above(text, place.line);
        bare && message.find("illegal map value") != std::string::npos) {
        return {*bare, "a line without a colon and a space",
                "name: value, with a space behind the colon; a comment begins with #"};
    }
    const std::string found = "a syntax error (" + printable(message) + ")";
    for (const Cause& cause : causes) {
        if (message.find(cause.message) != std::string::npos) return {place, found, cause.cure};
    }
    return {place, found, "YAML: check indentation and brackets, and put quotes around text with ? { } * & or : in it"};
}

}  // namespace larder::config
