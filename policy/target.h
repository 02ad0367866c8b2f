// What a request is for: the one identity that routing, strategies, keys, invalidation, the log and the origin share.
//
// Two spellings that mean the same path become the same text, and that text is what is forwarded, so requests that
// share a key are forwarded identically. Pure; any thread. A Target is reused from request to request and then
// allocates nothing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace larder::policy {

enum class TargetVerdict {
    fine,
    bad_form,       // neither origin-form nor absolute-form of http or https, nor "*" with OPTIONS: 400
    bad_byte,       // control character, space, DEL or "#": 400
    bad_escape,     // "%" without two hexadecimal digits, or %00 in the path: 400
    bad_authority,  // empty, with user information, or not a host with an optional port: 400
    hosts_differ,   // Host and the authority of an absolute-form name two hosts: 400
    wrong_scheme,   // an absolute-form for the other scheme than the connection's: 421
};

const char* word(TargetVerdict);
int status(TargetVerdict);  // of the answer; 0 for fine

struct Target {
    std::string text;            // "/path", "/path?query" or "*": what is forwarded; at most three times what came
    std::size_t path_size = 0;   // of text
    bool has_query = false;      // true for "/path?" too, which is another target than "/path"
    std::string_view scheme;     // of an absolute-form, "http" or "https"; else empty. Static storage
    std::string_view authority;  // of an absolute-form, as received, in the caller's bytes; else empty

    std::string_view path() const { return std::string_view(text).substr(0, path_size); }
    std::string_view query() const {
        return has_query ? std::string_view(text).substr(path_size + 1) : std::string_view();
    }
};

// Path (RFC 3986 section 6.2.2): escapes of unreserved characters are undone, the others get upper-case digits; bytes
// that may not stand in a path are escaped; then dot segments go, and ".." at the root stays at the root. An escaped
// slash is no slash, empty segments stay, and ";" is an ordinary character. Query: as received, with bytes above 7f
// escaped. Where the verdict is not fine, `out` holds nothing of use.
TargetVerdict canonical_target(std::string_view raw, std::string_view method, Target& out);

// Whether `raw` is a reg-name of letters, digits, "-", "_" and ".", an IPv4 address or a bracketed IPv6 address, with
// an optional port (RFC 9110 section 4.2). `out` then holds it in lower case, without an empty port, the scheme's
// default port, or zeros that lead a port, and without the dot that ends a fully qualified name: RFC 3986 section 3.2.2
// has it only to keep a resolver from completing a short name, and Larder resolves none of these. Stricter than RFC
// 3986's reg-name, since no host name needs escapes or sub-delims.
bool canonical_authority(std::string_view raw, bool https, std::string& out);

// The canonical authority of a request: its absolute-form's, else Host's (RFC 9112 section 3.2.2). `https` is the
// effective scheme of the connection. A Host beside an absolute-form must name the same: the RFC would have it ignored,
// but then somebody in front may have judged another host than we serve. `out` is empty for a request of HTTP/1.0 that
// names no host.
TargetVerdict request_authority(const Target& target, bool host_present, std::string_view host, bool https,
                                std::string& out);

}  // namespace larder::policy
