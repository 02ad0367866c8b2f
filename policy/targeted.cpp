#include "policy/targeted.h"

#include <algorithm>

#include "policy/delta_seconds.h"
#include "policy/structured.h"

namespace larder::policy {

namespace {

using Kind = DictionaryMember::Kind;

void take_seconds(const DictionaryMember& member, std::optional<storage::Seconds>& into) {
    if (member.kind != Kind::integer) return;
    into = std::clamp<storage::Seconds>(member.integer, 0, max_delta_seconds);
}

bool permits(const DictionaryMember& member) {
    return member.kind == Kind::boolean && member.integer == 1;
}
bool restricts(const DictionaryMember& member) {
    return member.kind != Kind::boolean || member.integer == 1;
}

// no-cache and private, which may name fields.
void take_restriction(const DictionaryMember& member, bool& whole, std::vector<std::string>& names) {
    if (!restricts(member)) return;
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
}

ResponseDirectives directives_of(const std::vector<DictionaryMember>& members) {
    ResponseDirectives result;
    result.targeted = true;
    for (const DictionaryMember& member : members) {
        const std::string_view name = member.key;
        if (name == "max-age") take_seconds(member, result.max_age);
        if (name == "s-maxage") take_seconds(member, result.s_maxage);
        if (name == "stale-while-revalidate") take_seconds(member, result.stale_while_revalidate);
        if (name == "stale-if-error") take_seconds(member, result.stale_if_error);
        if (name == "no-store") result.no_store = restricts(member);
        if (name == "must-revalidate") result.must_revalidate = restricts(member);
        if (name == "proxy-revalidate") result.proxy_revalidate = restricts(member);
        if (name == "must-understand") result.must_understand = restricts(member);
        if (name == "public") result.is_public = permits(member);
        if (name == "no-cache") take_restriction(member, result.no_cache, result.no_cache_fields);
        if (name == "private") take_restriction(member, result.is_private, result.private_fields);
    }
    return result;
}

}  // namespace

std::optional<ResponseDirectives> targeted_directives(const Fields& response, const std::vector<std::string>& targets) {
    for (const std::string& target : targets) {
        const auto value = response.combined(target);
        const auto members = value ? parse_dictionary(*value) : std::nullopt;
        if (members && !members->empty()) return directives_of(*members);
    }
    return std::nullopt;
}

}  // namespace larder::policy
