#include "policy/credentials.h"

namespace larder::policy {

Credentials credentials_of(const Request& request, const Rules& rules) {
    return {has_credentials(request, rules), unkeyed_cookie(request, rules)};
}

Credentials permitted_credentials(const ResponseDirectives& directives, const Rules& rules) {
    const bool for_all = directives.is_public || directives.s_maxage;
    return {for_all || directives.must_revalidate || lifted(rules, "authorization"), for_all};
}

bool may_answer(const storage::Object& object, const Request& request, const Rules& rules) {
    const Credentials carried = credentials_of(request, rules);
    return (!carried.authorization || object.for_authorized) && (!carried.cookies || object.for_cookies);
}

}  // namespace larder::policy
