#include "config/reader.h"

#include <algorithm>
#include <map>

namespace larder::config {

namespace {

// The setting of the list that has one of that name below it, or nullptr.
const Doc* parent_of(std::string_view name, const std::vector<const Doc*>& settings) {
    const auto has = [name](const Doc* doc) {
        return std::ranges::find(doc->below, name, &Doc::name) != doc->below.end();
    };
    const auto found = std::ranges::find_if(settings, has);
    return found == settings.end() ? nullptr : *found;
}

// name:value
bool lacks_space(const Node& node) {
    const std::size_t colon = node.text.find(':');
    return node.kind == Node::Kind::scalar && node.plain && colon != 0 && colon != npos &&
           std::ranges::all_of(node.text.substr(0, colon), [](char c) { return is_letter(c) || c == '_'; });
}

}  // namespace

bool Reader::accept_mapping(const Node& node, const std::string& name) {
    if (node.kind == Node::Kind::null) return true;
    if (node.kind != Node::Kind::mapping) {
        const bool space = lacks_space(node);
        complain(node, "a mapping (name: value)" +
                           (space ? ", with a space behind the colon" : ", such as {" + name + ": ...}"));
        return false;
    }
    std::map<std::string_view, int> lines;
    for (const Entry& entry : node.entries) {
        const auto [first, is_new] = lines.emplace(entry.key, entry.place.line);
        if (is_new) continue;
        const Step step(*this, printable(entry.key));
        complain(entry.place, "a second " + in_quotes(entry.key),
                 "each key once: it stands in line " + std::to_string(first->second) + " already; remove one of them");
    }
    return true;
}

void Reader::refuse_unknown(const Node& node, const std::vector<const Doc*>& settings) {
    std::vector<std::string> names;
    for (const Doc* doc : settings) names.push_back(doc->name);
    for (const Entry& entry : node.entries) {
        if (std::ranges::find(names, entry.key) != names.end()) continue;
        std::string expected;
        if (entry.key == "<<") {
            expected = "the settings themselves: merge keys are not supported";
        } else if (const std::string plural = entry.key + "s"; std::ranges::find(names, plural) != names.end()) {
            expected = "a known setting" + did_you_mean(plural);
        } else if (const Doc* parent = parent_of(entry.key, settings)) {
            expected = "it below " + parent->name + ": move it there";
        } else if (const std::string meant = nearest(entry.key, names); !meant.empty()) {
            expected = "a known setting" + did_you_mean(meant);
        } else {
            expected = "one of";
            for (const std::string& name : names) expected += (&name == &names.front() ? " " : ", ") + name;
        }
        const Step step(*this, printable(entry.key));
        complain(entry.place, "the unknown setting " + in_quotes(entry.key), std::move(expected));
    }
}

}  // namespace larder::config
