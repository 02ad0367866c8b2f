#include "policy/targeted.h"

#include <algorithm>

#include "policy/delta_seconds.h"
#include "policy/structured.h"

namespace larder::policy {

namespace {

using Kind = DictionaryMember::Kind;

// These return whether the directive says something.
bool take_seconds(const DictionaryMember& member, std::optional<storage::Seconds>& into) {
    if (member.kind != Kind::integer) return false;
    into = std::clamp<storage::Seconds>(member.integer, 0, max_delta_seconds);
    return true;
}

bool take_permission(const DictionaryMember& member, bool& into) {
    return into = member.kind == Kind::boolean && member.integer == 1;
}
bool take_restriction(const DictionaryMember& member, bool& into) {
    return into = member.kind != Kind::boolean || member.integer == 1;
}

// no-cache and private, which may name fields.
bool take_restriction(const DictionaryMember& member, bool& whole, std::vector<std::string>& names) {
    bool restricts = false;
    if (!take_restriction(member, restricts)) return false;
    bool names_only = member.kind == Kind::text;
    std::vector<std::string> found;
    if (names_only) {
        for_each_element(member.text, [&](std::string_view name) {
            names_only = is_token(name);
            if (names_only) found.push_back(lower(name));
            return names_only;
        });
    }
    if (!names_only || found.empty()) {
        whole = true;
    } else {
        names = std::move(found);
    }
    return true;
}

bool take(const DictionaryMember& member, ResponseDirectives& into) {
    const std::string_view name = member.key;
    if (name == "max-age") return take_seconds(member, into.max_age);
    if (name == "s-maxage") return take_seconds(member, into.s_maxage);
    if (name == "stale-while-revalidate") return take_seconds(member, into.stale_while_revalidate);
    if (name == "stale-if-error") return take_seconds(member, into.stale_if_error);
    if (name == "no-store") return take_restriction(member, into.no_store);
    if (name == "must-revalidate") return take_restriction(member, into.must_revalidate);
    if (name == "proxy-revalidate") return take_restriction(member, into.proxy_revalidate);
    if (name == "must-understand") return take_restriction(member, into.must_understand);
    if (name == "public") return take_permission(member, into.is_public);
    if (name == "no-cache") return take_restriction(member, into.no_cache, into.no_cache_fields);
    if (name == "private") return take_restriction(member, into.is_private, into.private_fields);
    return false;
}

}  // namespace

std::optional<ResponseDirectives> targeted_directives(const Fields& response, const std::vector<std::string>& targets) {
    for (const std::string& target : targets) {
        const auto value = response.combined(target);
        if (!value) continue;
        ResponseDirectives result;
        result.targeted = true;
        result.malformed = exceeds_dictionary(*value);
        if (result.malformed) return result;
        const auto members = parse_dictionary(*value);
        bool says_something = false;
        for (const DictionaryMember& member : members.value_or(std::vector<DictionaryMember>())) {
            says_something = take(member, result) || says_something;
        }
        if (says_something) return result;
    }
    return std::nullopt;
}

}  // namespace larder::policy
