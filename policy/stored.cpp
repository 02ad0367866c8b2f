#include "policy/stored.h"

#include "policy/end_to_end.h"
#include "policy/field_lines.h"
#include "policy/freshness.h"
#include "policy/merge.h"
#include "policy/tags.h"
#include "policy/vary.h"

namespace larder::policy {

storage::Object stored_object(const Request& request, const Response& response, const Rules& rules) {
    storage::Object object;
    StoredText fields = stored_fields(response, rules);
    object.fields = std::move(fields.text);
    object.hidden = fields.hidden;
    object.status = response.status;
    object.rules_fingerprint = rules.fingerprint;
    object.lifetime = lifetime(request, response, rules);
    object.date = date_of(response);
    object.stored_at = response.response_time;
    object.etag = response.fields.value("ETag");
    object.last_modified = last_modified_of(response);
    object.vary = select_fields(
        vary_names(response.fields, request.fields, rules.configuration).value_or(std::vector<std::string>()),
        request.fields);
    object.tags = tags(response.fields).value_or(std::vector<std::string>());
    const ResponseDirectives said = effective_directives(response.fields, rules);
    object.for_everybody = said.is_public || said.s_maxage || said.must_revalidate || lifted(rules, "authorization");
    return object;
}

Refreshed refreshed_object(const storage::Object& old, const Request& request, const Response& received,
                           const Rules& rules) {
    const Fields none;
    const bool fields_count = received.status != 304 || freshens(received.fields, old);
    const Response update{received.status, fields_count ? received.fields : none, received.request_time,
                          received.response_time};
    const std::string text = merged_fields(old.fields, update, rules);
    Fields fields = fields_in(text);
    // Age is not stored, but counts from this response on (RFC 9111 section 4.2.3).
    if (update.fields.has("Age")) fields.add("Age", update.fields.value("Age"));
    const Request as_get{request.content_in_key ? request.method : "GET", request.fields, request.has_body,
                         request.content_in_key};
    const Response merged{old.status, fields, update.request_time, update.response_time};

    Refreshed result;
    result.verdict = storable(as_get, merged, rules);
    if (result.verdict != StoreVerdict::storable) {
        // A client's own Authorization or no-store must not cost others the object.
        const Fields nothing;
        result.drop_old = storable({"GET", nothing}, merged, rules) != StoreVerdict::storable;
        return result;
    }
    storage::Object object = stored_object(as_get, merged, rules);
    object.body = old.body;
    object.strategy = old.strategy;
    object.strategy_name = old.strategy_name;
    object.resource_type = old.resource_type;
    object.resource_id = old.resource_id;
    result.object = std::move(object);
    return result;
}

}  // namespace larder::policy
