#include "policy/content_key.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace larder::policy {

bool keyed_by_content(std::string_view method, const config::StrategyConfiguration& strategy) {
    const auto& methods = strategy.content_methods;
    return std::any_of(methods.begin(), methods.end(),
                       [&](config::ContentMethod known) { return method == word(known); });  // its word is the method
}

std::string content_description(const Fields& request) {
    std::vector<std::pair<std::string, std::string_view>> described;
    for (const Field& field : request) {
        std::string name = lower(field.name);
        if (!name.starts_with("content-") || name == "content-length") continue;
        described.emplace_back(std::move(name), field.value);
    }
    std::stable_sort(described.begin(), described.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::string text;
    for (const auto& [name, value] : described) text.append(name).append(": ").append(value).append("\r\n");
    return text;
}

bool json_may_be_normalised(const Fields& request) {
    bool keeps = request.has("Content-Encoding");
    for_each_element(request, "Cache-Control", [&](std::string_view directive) {
        keeps = keeps || same_name(directive, "no-transform");
        return !keeps;
    });
    if (keeps) return false;
    const std::string_view type = request.value("Content-Type");
    const std::string_view media = trimmed(type.substr(0, type.find(';')));
    const bool suffix = media.size() > 5 && same_name(media.substr(media.size() - 5), "+json");
    return suffix || same_name(media, "application/json");
}

}  // namespace larder::policy
