#include "policy/cache_control.h"

#include <algorithm>

#include "policy/delta_seconds.h"

namespace larder::policy {

namespace {

using storage::Seconds;

struct Directive {
    std::string_view name;  // trimmed, so that a restriction is seen even where it is ill-formed
    std::string_view argument;
    bool has_argument = false;
    bool well_formed = false;

    bool is(std::string_view known) const { return same_name(name, known); }
    // A permission counts only as it is defined: well-formed, without an argument.
    bool permits(std::string_view known) const { return well_formed && !has_argument && is(known); }
    std::optional<Seconds> seconds() const { return well_formed ? parse_delta_seconds(argument) : std::nullopt; }
};

// quoted-string, RFC 9110 section 5.6.4; `text` begins with a quote.
bool is_quoted_string(std::string_view text) {
    for (std::size_t i = 1; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c == '"') return i + 1 == text.size();
        if ((c < ' ' && c != '\t') || c == 0x7f) return false;
        if (c == '\\') ++i;
    }
    return false;
}

Directive directive(std::string_view element) {
    Directive result;
    const std::size_t equals = element.find('=');
    const std::string_view name = element.substr(0, equals);
    result.name = trimmed(name);
    result.well_formed = is_token(name);  // RFC 9111 section 5.2 has no white space around "="
    if (equals == std::string_view::npos) return result;

    result.has_argument = true;
    result.argument = element.substr(equals + 1);
    if (!result.argument.starts_with('"')) {
        result.well_formed = result.well_formed && is_token(result.argument);
    } else if (is_quoted_string(result.argument)) {
        result.argument = result.argument.substr(1, result.argument.size() - 2);
    } else {
        result.well_formed = false;
    }
    return result;
}

void take_least(std::optional<Seconds>& held, Seconds value) {
    held = held ? std::min(*held, value) : value;
}
void take_most(std::optional<Seconds>& held, Seconds value) {
    held = held ? std::max(*held, value) : value;
}

// no-cache or private. Their field form counts as such only if every member is a field name (RFC 9111 section 5.2.2.4).
void take_restriction(const Directive& found, bool& whole, std::vector<std::string>& names) {
    bool names_only = found.has_argument && found.well_formed;
    const std::size_t before = names.size();
    if (names_only) {
        for_each_element(found.argument, [&](std::string_view name) {
            names_only = is_token(name);
            if (names_only) names.push_back(lower(name));
            return names_only;
        });
    }
    if (!names_only || names.size() == before) whole = true;
}

}  // namespace

ResponseDirectives parse_response_directives(const Fields& response) {
    ResponseDirectives result;
    for_each_element(response, "Cache-Control", [&](std::string_view element) {
        const Directive found = directive(element);
        result.malformed = result.malformed || !found.well_formed;
        if (found.is("max-age")) {
            take_least(result.max_age, found.seconds().value_or(0));
        } else if (found.is("s-maxage")) {
            take_least(result.s_maxage, found.seconds().value_or(0));
        } else if (found.is("no-store")) {
            result.no_store = true;
        } else if (found.is("no-cache")) {
            take_restriction(found, result.no_cache, result.no_cache_fields);
        } else if (found.is("private")) {
            take_restriction(found, result.is_private, result.private_fields);
        } else if (found.permits("public")) {
            result.is_public = true;
        } else if (found.is("must-revalidate")) {
            result.must_revalidate = true;
        } else if (found.is("proxy-revalidate")) {
            result.proxy_revalidate = true;
        } else if (found.is("must-understand")) {
            result.must_understand = true;
        } else if (found.is("stale-while-revalidate")) {
            take_least(result.stale_while_revalidate, found.seconds().value_or(0));
        } else if (found.is("stale-if-error")) {
            take_least(result.stale_if_error, found.seconds().value_or(0));
        }
        return true;
    });
    return result;
}

RequestDirectives parse_request_directives(const Fields& request) {
    RequestDirectives result;
    if (!request.has("Cache-Control")) {
        for_each_element(request, "Pragma", [&](std::string_view element) {
            result.no_cache = result.no_cache || same_name(element, "no-cache");
            return true;
        });
        return result;
    }
    for_each_element(request, "Cache-Control", [&](std::string_view element) {
        const Directive found = directive(element);
        if (found.is("no-cache")) {
            result.no_cache = true;
        } else if (found.is("no-store")) {
            result.no_store = true;
        } else if (found.is("max-age")) {
            take_least(result.max_age, found.seconds().value_or(0));
        } else if (found.permits("only-if-cached")) {
            result.only_if_cached = true;
        } else if (found.is("min-fresh")) {
            // Garbage says nothing about how fresh; every number would be a guess.
            if (const auto seconds = found.seconds()) take_most(result.min_fresh, *seconds);
        } else if (found.permits("max-stale")) {
            take_least(result.max_stale, max_delta_seconds);
        } else if (found.is("max-stale")) {
            take_least(result.max_stale, found.seconds().value_or(0));
        } else if (found.is("stale-if-error")) {
            take_least(result.stale_if_error, found.seconds().value_or(0));
        }
        return true;
    });
    return result;
}

}  // namespace larder::policy
