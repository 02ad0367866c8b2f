#include "policy/replacement.h"

#include <algorithm>

namespace larder::policy {
namespace {

bool says_gone(int status) {
    return status == 404 || status == 410;
}

bool can_meet(const storage::Object& a, const storage::Object& b) {
    return std::none_of(a.vary.begin(), a.vary.end(), [&](const storage::VaryField& field) {
        return std::any_of(b.vary.begin(), b.vary.end(), [&](const storage::VaryField& other) {
            return other.name == field.name && other.value != field.value;
        });
    });
}

}  // namespace

bool is_usable(const storage::Object& object, UnixTime now) {
    const storage::Lifetime& life = object.lifetime;
    if (life.fresh(now)) return true;
    return !life.must_revalidate && life.freshness + life.stale_if_error > life.age(now);
}

bool displaces_usable(const storage::Object& response, const storage::Object& held, UnixTime now) {
    if (response.status < 400 || held.status < 200 || held.status > 299 || !can_meet(response, held)) return false;
    return says_gone(response.status) ? held.lifetime.fresh(now) : is_usable(held, now);
}

bool ends_validated(int status, const storage::Object& stale, UnixTime now) {
    if (says_gone(status)) return !stale.lifetime.fresh(now);
    return status < 400 && !is_usable(stale, now);
}

}  // namespace larder::policy
