#include "policy/uri_reference.h"

#include <algorithm>

#include "policy/fields.h"

namespace larder::policy {

namespace {

// The length of a scheme and its colon at the beginning; 0: none (RFC 3986 section 3.1).
std::size_t scheme_length(std::string_view reference) {
    const std::size_t colon = reference.find_first_of(":/?#");
    if (colon == std::string_view::npos || colon == 0 || reference[colon] != ':') return 0;
    return colon + 1;
}

// Host and port with the default port filled in (RFC 9110 section 4.2.3).
struct Authority {
    std::string_view host;
    std::string_view port;
};

Authority split_authority(std::string_view scheme, std::string_view authority) {
    const std::size_t bracket = authority.rfind(']');
    const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    Authority result{authority.substr(0, colon), {}};
    if (colon != std::string_view::npos) result.port = authority.substr(colon + 1);
    if (result.port.empty()) result.port = same_name(scheme, "https") ? "443" : "80";
    return result;
}

bool same_authority(std::string_view scheme, std::string_view a, std::string_view b) {
    const Authority left = split_authority(scheme, a), right = split_authority(scheme, b);
    return same_name(left.host, right.host) && left.port == right.port;
}

// RFC 3986 section 5.2.4.
std::string without_dot_segments(std::string_view path) {
    std::string out;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('/', 1), path.size());
        const std::string_view segment = path.substr(0, end);  // "/name"
        path.remove_prefix(end);
        if (segment == "/." || segment == "/..") {
            if (segment == "/..") out.erase(std::min(out.rfind('/'), out.size()));
            if (path.empty()) out += '/';
        } else {
            out += segment;
        }
    }
    return out;
}

}  // namespace

std::optional<std::string> resolve_same_origin(const UriView& base, std::string_view reference) {
    const bool clean = std::all_of(reference.begin(), reference.end(), [](char c) { return c > ' ' && c < 0x7f; });
    if (!clean || reference.empty()) return std::nullopt;

    bool absolute = false;
    if (const std::size_t n = scheme_length(reference)) {
        if (!same_name(reference.substr(0, n - 1), base.scheme)) return std::nullopt;
        reference.remove_prefix(n);
        if (!reference.starts_with("//")) return std::nullopt;  // an http URI has an authority
    }
    if (reference.starts_with("//")) {
        const std::size_t end = std::min(reference.find_first_of("/?#", 2), reference.size());
        if (!same_authority(base.scheme, reference.substr(2, end - 2), base.authority)) return std::nullopt;
        reference.remove_prefix(end);
        absolute = true;
    }
    reference = reference.substr(0, reference.find('#'));

    const std::string_view base_path = base.path.substr(0, base.path.find('?'));
    const std::size_t question = std::min(reference.find('?'), reference.size());
    const std::string_view path = reference.substr(0, question), query = reference.substr(question);

    std::string result = std::string(base.scheme).append("://").append(base.authority);
    if (absolute || path.starts_with('/')) {
        const std::string rooted = without_dot_segments(path);
        result += rooted.empty() ? "/" : rooted;
    } else if (path.empty()) {
        result += query.empty() ? base.path : base_path;
    } else {
        result += without_dot_segments(std::string(base_path.substr(0, base_path.rfind('/') + 1)).append(path));
    }
    return result.append(query);
}

}  // namespace larder::policy
