#include "policy/query.h"

#include <algorithm>
#include <vector>

namespace larder::policy {
namespace {

using config::QuerySelection;

std::string_view name_of(std::string_view parameter) {
    return parameter.substr(0, parameter.find('='));
}

bool listed(const std::vector<QuerySelection::Name>& names, std::string_view name) {
    return std::any_of(names.begin(), names.end(), [&](const QuerySelection::Name& listed_name) {
        return listed_name.prefix ? name.starts_with(listed_name.text) : name == listed_name.text;
    });
}

}  // namespace

void append_selected(std::string& out, std::string_view query, const QuerySelection& selection) {
    std::vector<std::string_view> kept;
    while (!query.empty()) {
        const std::size_t end = query.find('&');
        const std::string_view parameter = query.substr(0, end);
        query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
        const std::string_view name = name_of(parameter);
        if (parameter.empty() || listed(selection.exclude, name)) continue;
        if (selection.include.empty() || listed(selection.include, name)) kept.push_back(parameter);
    }
    std::stable_sort(kept.begin(), kept.end(),
                     [](std::string_view a, std::string_view b) { return name_of(a) < name_of(b); });
    bool first = true;
    for (const std::string_view parameter : kept) {
        if (!first) out += '&';
        out += parameter;
        first = false;
    }
}

}  // namespace larder::policy
