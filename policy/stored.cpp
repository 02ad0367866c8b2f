#include "policy/stored.h"

#include "policy/credentials.h"
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
    const Credentials permitted = permitted_credentials(effective_directives(response.fields, rules), rules);
    object.for_authorized = permitted.authorization;
    object.for_cookies = permitted.cookies;
    return object;
}

Refreshed refreshed_object(const storage::Object& old, const Request& request, const Response& update,
                           const Rules& rules) {
    const std::string text = merged_fields(old.fields, update, rules);
    Fields fields = fields_in(text);
    // Age is not stored, but counts from this response on (RFC 9111 section 4.2.3).
    if (update.fields.has("Age")) fields.add("Age", update.fields.value("Age"));
    const Request as_get{request.content_in_key ? request.method : "GET", request.fields, request.has_body,
                         request.content_in_key};
    const Response merged{old.status, fields, update.request_time, update.response_time, update.leads_to_itself};

    Refreshed result;
    result.verdict = storable(as_get, merged, rules);
    // A client's own Authorization or no-store must not cost others the object.
    const Fields nothing;
    result.drop_old =
        result.verdict != StoreVerdict::storable && storable({"GET", nothing}, merged, rules) != StoreVerdict::storable;
    result.object = stored_object(as_get, merged, rules);
    result.object.body = old.body;
    result.object.strategy = old.strategy;
    result.object.strategy_name = old.strategy_name;
    result.object.resource_type = old.resource_type;
    result.object.resource_id = old.resource_id;
    return result;
}

}  // namespace larder::policy
