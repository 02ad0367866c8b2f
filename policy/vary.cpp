#include "policy/vary.h"

#include <algorithm>

#include "policy/field_lines.h"
#include "policy/negotiation.h"
#include "policy/request_field.h"

namespace larder::policy {

namespace {

// Lines of a field that is no list stay apart in the stored value; none holds a line feed.
constexpr char line_end = '\n';

std::optional<std::string> value_of(const Fields& request, std::string_view name) {
    std::optional<std::string> value;
    for (const Field& field : request) {
        if (!same_name(field.name, name)) continue;
        if (value) {
            *value += line_end;
        } else {
            value.emplace();
        }
        *value += field.value;
    }
    return value;
}

bool matches(const storage::VaryField& stored, const Fields& request) {
    std::string_view rest = stored.value ? std::string_view(*stored.value) : std::string_view();
    bool there = false;
    for (const Field& field : request) {
        if (!same_name(field.name, stored.name)) continue;
        if (there) {
            if (!rest.starts_with(line_end)) return false;
            rest.remove_prefix(1);
        }
        there = true;
        if (!rest.starts_with(field.value)) return false;
        rest.remove_prefix(field.value.size());
    }
    return there == stored.value.has_value() && rest.empty();
}

bool matches_by_language(const storage::Object& object, const Selecting& request) {
    bool by_language = false;
    for (const storage::VaryField& field : object.vary) {
        if (field.name == "accept-language") {
            // Its own request asked for that language too, and in words that leave no room for anything else.
            by_language = field.value && is_canonical_languages(*field.value) &&
                          first_language(*field.value) == request.first_language;
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

std::optional<std::vector<std::string>> vary_names(const Fields& response, const Fields& request,
                                                   const config::StrategyConfiguration& strategy) {
    auto names = vary_names(response);
    if (!names || !strategy.implied_vary) return names;
    const auto add = [&](const char* name) {
        if (std::find(names->begin(), names->end(), name) == names->end()) names->emplace_back(name);
    };
    const std::string_view coding = response.value("Content-Encoding");
    if (!coding.empty() && !same_name(coding, "identity")) add("accept-encoding");
    const std::string_view origin = request.value("Origin");
    if (!origin.empty() && same_name(response.value("Access-Control-Allow-Origin"), origin)) add("origin");
    return names;
}

std::string unselectable_name(const std::vector<std::string>& names, const config::StrategyConfiguration& strategy) {
    const auto is_keyed = [&](const std::string& name) {
        return std::any_of(strategy.key_fields.begin(), strategy.key_fields.end(),
                           [&](const std::string& keyed) { return same_name(keyed, name); });
    };
    const auto found = std::find_if(names.begin(), names.end(),
                                    [&](const std::string& name) { return is_unselectable(name) && !is_keyed(name); });
    return found == names.end() ? std::string() : *found;
}

config::VaryPolicy vary_policy(const config::StrategyConfiguration& strategy, std::string_view name) {
    const bool negotiated = same_name(name, "accept-encoding") || same_name(name, "accept-language");
    config::VaryPolicy others = negotiated ? config::VaryPolicy::normalise : config::VaryPolicy::pass;
    for (const auto& [named, policy] : strategy.vary) {
        if (same_name(named, name)) return policy;
        if (named == "*" && !negotiated) others = policy;
    }
    return others;
}

std::vector<storage::VaryField> select_fields(const std::vector<std::string>& names, const Fields& request) {
    std::vector<storage::VaryField> result;
    result.reserve(names.size());
    for (const std::string& name : names) result.push_back({name, value_of(request, name)});
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
