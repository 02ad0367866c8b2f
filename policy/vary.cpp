#include "policy/vary.h"

#include <algorithm>

#include "policy/field_lines.h"

namespace larder::policy {

namespace {

bool case_free(std::string_view name) {
    return same_name(name, "Accept-Encoding") || same_name(name, "Accept-Language");
}

// Calls f(piece) with the pieces that make up the normalised value; f returns false to stop. Returns whether the field
// is there. Empty members stay: in a field that is no list they may have a meaning.
template <class F>
bool for_each_piece(const Fields& fields, std::string_view name, F f) {
    bool there = false;
    for (const Field& field : fields) {
        if (!same_name(field.name, name)) continue;
        if (there && !f(std::string_view(","))) return true;
        there = true;
        std::string_view rest = field.value;
        for (;;) {
            const std::size_t n = element_length(rest);
            if (!f(trimmed(rest.substr(0, n)))) return true;
            if (n == rest.size()) break;
            if (!f(std::string_view(","))) return true;
            rest.remove_prefix(n + 1);
        }
    }
    return there;
}

std::optional<std::string> normalised(const Fields& request, std::string_view name) {
    std::string value;
    const bool there = for_each_piece(request, name, [&](std::string_view piece) {
        value += piece;
        return true;
    });
    if (!there) return std::nullopt;
    return case_free(name) ? lower(value) : value;
}

bool matches(const storage::VaryField& stored, const Fields& request) {
    std::string_view rest = stored.value ? std::string_view(*stored.value) : std::string_view();
    const bool without_case = case_free(stored.name);
    bool same = true;
    const bool there = for_each_piece(request, stored.name, [&](std::string_view piece) {
        const std::string_view expected = rest.substr(0, piece.size());
        same = without_case ? same_name(expected, piece) : expected == piece;
        rest.remove_prefix(expected.size());
        return same;
    });
    return there == stored.value.has_value() && same && rest.empty();
}

bool matches_by_language(const storage::Object& object, const Selecting& request) {
    bool by_language = false;
    for (const storage::VaryField& field : object.vary) {
        if (field.name == "accept-language") {
            by_language = true;
        } else if (!matches(field, request.fields)) {
            return false;
        }
    }
    return by_language && same_name(value_in(object.fields, "content-language"), request.first_language);
}

// Who has not said that he has its dictionary could make nothing of it, whatever its Vary says.
bool dictionary_compressed(const Fields& response) {
    bool found = false;
    for_each_element(response, "Content-Encoding", [&](std::string_view coding) {
        found = same_name(coding, "dcb") || same_name(coding, "dcz");
        return !found;
    });
    return found;
}

}  // namespace

std::optional<std::vector<std::string>> vary_names(const Fields& response) {
    std::vector<std::string> names;
    bool matchable = true;
    for_each_element(response, "Vary", [&](std::string_view name) {
        matchable = name != "*" && is_token(name);
        if (!matchable) return false;
        std::string lowered = lower(name);
        if (std::find(names.begin(), names.end(), lowered) == names.end()) names.push_back(std::move(lowered));
        return true;
    });
    if (!matchable) return std::nullopt;
    if (dictionary_compressed(response)) {
        for (const char* name : {"accept-encoding", "available-dictionary"}) {
            if (std::find(names.begin(), names.end(), name) == names.end()) names.emplace_back(name);
        }
    }
    return names;
}

config::VaryPolicy vary_policy(const config::StrategyConfiguration& strategy, std::string_view name) {
    for (const auto& [named, policy] : strategy.vary) {
        if (named == name) return policy;
    }
    const bool known = name == "accept-encoding" || name == "accept-language";
    return known ? config::VaryPolicy::normalise : config::VaryPolicy::pass;
}

std::vector<storage::VaryField> select_fields(const std::vector<std::string>& names, const Fields& request) {
    std::vector<storage::VaryField> result;
    result.reserve(names.size());
    for (const std::string& name : names) result.push_back({name, normalised(request, name)});
    return result;
}

bool vary_matches(const std::vector<storage::VaryField>& stored, const Fields& request) {
    return std::all_of(stored.begin(), stored.end(),
                       [&](const storage::VaryField& field) { return matches(field, request); });
}

const storage::Object* choose_variant(const storage::VariantSet& set, const Selecting& request) {
    for (const storage::ObjectPtr& object : set.variants) {
        if (vary_matches(object->vary, request.fields)) return object.get();
    }
    if (request.first_language.empty()) return nullptr;
    for (const storage::ObjectPtr& object : set.variants) {
        if (matches_by_language(*object, request)) return object.get();
    }
    return nullptr;
}

}  // namespace larder::policy
