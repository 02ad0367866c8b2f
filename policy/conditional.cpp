#include "policy/conditional.h"

#include <algorithm>

#include "policy/date.h"

namespace larder::policy {

namespace {

bool is_weak(std::string_view etag) {
    return etag.starts_with("W/");
}
std::string_view opaque(std::string_view etag) {
    return is_weak(etag) ? etag.substr(2) : etag;
}

// Removes and returns the first member of a list of entity-tags. A tag may hold commas and backslashes (RFC 9110
// section 8.8.3), so it ends at its second quote.
std::string_view take_etag(std::string_view& list) {
    const std::size_t open = list.starts_with("W/\"") ? 2 : 0;
    std::size_t comma = list.find(',');
    if (open < list.size() && list[open] == '"') {
        const std::size_t close = list.find('"', open + 1);
        comma = close == std::string_view::npos ? close : list.find(',', close);
    }
    const std::string_view member = trimmed(list.substr(0, comma));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    list = trimmed(list);
    return member;
}

bool none_match_lists(const Fields& request, std::string_view etag) {
    if (etag.empty()) return false;
    for (const Field& field : request) {
        if (!same_name(field.name, "If-None-Match")) continue;
        std::string_view rest = field.value;
        while (!rest.empty()) {
            if (weakly_equal(take_etag(rest), etag)) return true;
        }
    }
    return false;
}

// The value of a field that may stand in one line only, or "".
std::string_view only_value(const Fields& fields, std::string_view name) {
    return fields.count(name) == 1 ? fields.value(name) : std::string_view();
}

}  // namespace

bool weakly_equal(std::string_view etag_a, std::string_view etag_b) {
    return !etag_a.empty() && opaque(etag_a) == opaque(etag_b);
}

bool strongly_equal(std::string_view etag_a, std::string_view etag_b) {
    return !etag_a.empty() && !is_weak(etag_a) && etag_a == etag_b;
}

Precondition evaluate(std::string_view method, const Fields& request, const storage::Object& object,
                      storage::UnixTime now) {
    if (request.has("If-Match") || request.has("If-Unmodified-Since")) return Precondition::to_origin;
    if (method != "GET" && method != "HEAD" && method != "QUERY") return Precondition::proceed;
    if (object.status < 200 || object.status > 299) return Precondition::proceed;  // RFC 9110 section 13.2.1

    if (request.has("If-None-Match")) {
        // RFC 9110 section 13.1.3: it makes If-Modified-Since void, whether it matches or not.
        const bool found = only_value(request, "If-None-Match") == "*" || none_match_lists(request, object.etag);
        return found ? Precondition::not_modified : Precondition::proceed;
    }
    const std::string_view since_text = only_value(request, "If-Modified-Since");
    if (since_text.empty()) return Precondition::proceed;
    const auto since = parse_http_date(since_text, now);
    // RFC 9111 section 4.3.2: Date stands in for a missing Last-Modified.
    const bool unchanged = since && object.last_modified.value_or(object.date) <= *since;
    return unchanged ? Precondition::not_modified : Precondition::proceed;
}

bool if_range_holds(const Fields& request, const storage::Object& object, storage::UnixTime now) {
    if (!request.has("If-Range")) return true;
    const std::string_view validator = only_value(request, "If-Range");
    if (validator.find('"') != std::string_view::npos) return strongly_equal(validator, object.etag);
    const auto date = parse_http_date(validator, now);
    return date && object.last_modified == date && *object.last_modified < object.date;
}

Validators validators(const storage::Object& object) {
    Validators result;
    result.if_none_match = object.etag;
    if (object.last_modified) result.if_modified_since = http_date(*object.last_modified);
    return result;
}

}  // namespace larder::policy
