#include "policy/merge.h"

#include <algorithm>

#include "policy/conditional.h"
#include "policy/date.h"
#include "policy/digits.h"
#include "policy/end_to_end.h"
#include "policy/field_lines.h"

namespace larder::policy {

namespace {

// How the stored bytes were made, and what they add up to: a response without these bytes does not change it.
bool belongs_to_body(std::string_view name) {
    return same_name(name, "Content-Encoding") || same_name(name, "Content-Range") || same_name(name, "Content-MD5") ||
           same_name(name, "Content-Digest") || same_name(name, "Repr-Digest") || same_name(name, "Digest");
}

bool same_etag(std::string_view received, std::string_view stored) {
    return received.starts_with("W/") ? weakly_equal(received, stored) : strongly_equal(received, stored);
}

}  // namespace

std::string merged_fields(std::string_view stored, const Response& update, const Rules& rules) {
    const StoredFields filter(update.fields, rules);
    const auto updates = [&](std::string_view name) { return filter.keeps(name) && !belongs_to_body(name); };
    const bool dated = update.fields.has("Date");

    std::string text;
    const auto add = [&](std::string_view name, std::string_view value) {
        text.append(name).append(": ").append(value).append("\r\n");
    };
    for (const Field& field : fields_in(stored)) {
        const bool old_date = !dated && same_name(field.name, "Date");
        if (!old_date && !(update.fields.has(field.name) && updates(field.name))) add(field.name, field.value);
    }
    for (const Field& field : update.fields) {
        if (updates(field.name)) add(field.name, field.value);
    }
    if (!dated) add("Date", http_date(update.response_time));
    return text;
}

bool freshens(const Fields& of_the_304, const storage::Object& object) {
    const Field* etag = of_the_304.find("ETag");
    if (etag && !object.etag.empty()) return same_etag(etag->value, object.etag);
    const Field* modified = of_the_304.find("Last-Modified");
    const auto time = modified ? parse_http_date(modified->value, object.date) : std::nullopt;
    return time ? time == object.last_modified : !etag;
}

HeadEffect head_effect(const Response& to_head, const storage::Object& object) {
    if (to_head.status != 200 || object.status != 200) return HeadEffect::none;
    bool proven = false, differs = false;
    if (const Field* etag = to_head.fields.find("ETag")) {
        (same_etag(etag->value, object.etag) ? proven : differs) = true;
    }
    if (const auto modified = last_modified_of(to_head)) (modified == object.last_modified ? proven : differs) = true;
    if (const Field* length = to_head.fields.find("Content-Length")) {
        const std::optional<std::uint64_t> own =
            object.part ? object.part->complete : std::optional(object.body ? object.body->size : 0);
        differs = differs || (own && parse_decimal(length->value) != own);  // RFC 9110 section 8.6
    }
    if (differs) return HeadEffect::invalidates;
    return proven ? HeadEffect::freshens : HeadEffect::none;
}

}  // namespace larder::policy
