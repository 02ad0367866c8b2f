#include "config/pattern.h"

#include <algorithm>

#include "config/address.h"
#include "config/characters.h"

namespace larder::config {
namespace {

using Kind = Segment::Kind;

// pchar of RFC 3986 section 3.3, without the percent sign.
bool is_path_character(char c) {
    return is_unreserved(c) || std::string_view("!$&'()*+,;=:@").find(c) != npos;
}

struct Failure {
    PatternError error;
};

// Throws Failure; parse_pattern() catches it.
class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    PathPattern parse() {
        pattern_.text = text_;
        if (text_.empty()) fail(0, "nothing", "a pattern such as /api/workouts/{resource_id}");
        if (text_.size() > pattern_length_limit) {
            fail(pattern_length_limit, std::to_string(text_.size()) + " characters", "at most 200 characters");
        }
        const std::size_t slash = text_.find('/');
        if (slash == npos) fail(0, in_quotes(text_), "a path that begins with /, or a host and such a path");
        if (slash > 0) host(text_.substr(0, slash));
        const std::size_t question = std::min(text_.find('?', slash), text_.size());
        segments(slash, question);
        if (question < text_.size()) query(question + 1);
        return std::move(pattern_);
    }

  private:
    [[noreturn]] static void fail(std::size_t position, std::string found, std::string expected) {
        throw Failure{{position, std::move(found), std::move(expected)}};
    }

    void host(std::string_view written) {
        auto host = parse_host_pattern(written);
        if (!host) {
            fail(0, in_quotes(written),
                 "a host name without scheme and port, or *. and such a name, in front of the path");
        }
        pattern_.host = std::move(*host);
    }

    void segments(std::size_t slash, std::size_t end) {
        while (slash < end) {
            const std::size_t begin = slash + 1;
            slash = std::min(text_.find('/', begin), end);
            pattern_.segments.push_back(segment(begin, text_.substr(begin, slash - begin), slash == end));
        }
    }

    Segment segment(std::size_t at, std::string_view written, bool last) const {
        if (written.empty() && !last) fail(at, "an empty segment", "a literal, {name}, * or ** between two slashes");
        if (written == "*") return {Kind::any, ""};
        if (written == "**") {
            if (!last) fail(at, "** before the end", "* for one segment here; ** stands only at the end");
            return {Kind::rest, ""};
        }
        if (written.starts_with('{')) return named(at, written);
        return literal(at, written);
    }

    Segment named(std::size_t at, std::string_view written) const {
        const std::string_view name = written.substr(1, written.size() - (written.ends_with('}') ? 2 : 1));
        const bool good = written.ends_with('}') && !name.empty() && !is_digit(name[0]) &&
                          std::ranges::all_of(name, [](char c) { return is_alphanumeric(c) || c == '_'; });
        if (!good) fail(at, in_quotes(written), "{name} as a whole segment, the name of letters, digits and _");
        for (const Segment& earlier : pattern_.segments) {
            if (earlier.kind == Kind::named && earlier.text == name) {
                fail(at, "a second " + in_quotes(written), "each name once");
            }
        }
        return {Kind::named, std::string(name)};
    }

    static Segment literal(std::size_t at, std::string_view written) {
        for (std::size_t i = 0; i < written.size(); ++i) {
            const char c = written[i];
            if (c == '*') fail(at + i, in_quotes(written), "* as a whole segment (%2A for an encoded star)");
            if (c == '{' || c == '}') fail(at + i, in_quotes(written), "{name} as a whole segment");
            if (c == '%' && !is_encoded_octet(written.substr(i))) {
                fail(at + i, in_quotes(written.substr(i, 3)), "% and two hexadecimal digits");
            }
            if (c != '%' && !is_path_character(c)) {
                fail(at + i, in_quotes(written.substr(i, 1)),
                     "a path character; any other is written as % and two digits");
            }
        }
        std::string text = normalise_octets(written);
        if (text.find("%00") != npos) fail(at, in_quotes(written), "a path without %00: such requests are refused");
        // RFC 3986 section 5.2.4: a normalised path has no dot segments, so such a pattern would never match.
        if (text == "." || text == "..")
            fail(at, in_quotes(written), "a path without . and .. segments: it never matches");
        return {Kind::literal, std::move(text)};
    }

    void query(std::size_t at) {
        QuerySelection selection;
        while (true) {
            const std::size_t end = std::min(text_.find('&', at), text_.size());
            const std::string_view written = text_.substr(at, end - at);
            const bool exclude = written.starts_with('!');
            (exclude ? selection.exclude : selection.include).push_back(parameter(at, written.substr(exclude ? 1 : 0)));
            if (end == text_.size()) break;
            at = end + 1;
        }
        pattern_.query = std::move(selection);
    }

    static QuerySelection::Name parameter(std::size_t at, std::string_view written) {
        if (written.empty()) fail(at, "no parameter name", "name, name* or !name, joined by & (?!* drops them all)");
        const bool prefix = written.ends_with('*');
        const std::string_view name = written.substr(0, written.size() - (prefix ? 1 : 0));
        for (char c : name) {
            if (c == '*') fail(at, in_quotes(written), "* only at the end of a parameter name");
            const bool fine = c != '=' && c != '!' && (c == '%' || is_path_character(c) || c == '/');
            if (!fine) fail(at, in_quotes(written), "a parameter name as it is sent, without = and value");
        }
        return {std::string(name), prefix};
    }

    std::string_view text_;
    PathPattern pattern_;
};

bool hosts_overlap(std::string_view a, std::string_view b) {
    if (a.empty() || b.empty() || a == b) return true;
    const bool a_wild = a.starts_with("*."), b_wild = b.starts_with("*.");
    if (a_wild && b.size() > a.size() - 1 && b.ends_with(a.substr(1))) return true;
    return b_wild && a.size() > b.size() - 1 && a.ends_with(b.substr(1));
}

}  // namespace

std::variant<PathPattern, PatternError> parse_pattern(std::string_view text) {
    try {
        return Parser(text).parse();
    } catch (Failure& failure) {
        return std::move(failure.error);
    }
}

std::optional<std::string> parse_host_pattern(std::string_view text) {
    const bool below = text.starts_with("*.");
    const auto host = parse_host(below ? text.substr(2) : text);
    if (!host || (below && is_ip_literal(*host))) return std::nullopt;
    if (below) return "*." + *host;
    return host->find(':') == std::string::npos ? *host : "[" + *host + "]";
}

std::optional<std::string> normalise_path(std::string_view path) {
    if (!path.starts_with('/')) return std::nullopt;
    for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i] == '%' ? !is_encoded_octet(path.substr(i)) : path[i] != '/' && !is_path_character(path[i])) {
            return std::nullopt;
        }
    }
    return normalise_octets(path);
}

std::string tie_key(const PathPattern& pattern) {
    std::string key = pattern.host;
    for (const Segment& segment : pattern.segments) {
        key += '/';
        switch (segment.kind) {
            case Kind::literal:
                key += segment.text;
                break;
            case Kind::any:
            case Kind::named:
                key += '*';
                break;  // a literal segment has no star
            case Kind::rest:
                key += "**";
                break;
        }
    }
    return key;
}

bool overlap(const PathPattern& a, const PathPattern& b) {
    if (!hosts_overlap(a.host, b.host)) return false;
    for (std::size_t i = 0;; ++i) {
        const bool a_ends = i == a.segments.size(), b_ends = i == b.segments.size();
        if (a_ends || b_ends) return a_ends && b_ends;
        const Segment& left = a.segments[i];
        const Segment& right = b.segments[i];
        if (left.kind == Kind::rest || right.kind == Kind::rest) return true;
        if (left.kind == Kind::literal && right.kind == Kind::literal && left.text != right.text) return false;
    }
}

}  // namespace larder::config
