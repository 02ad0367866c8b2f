#include "config/reader.h"

#include <algorithm>
#include <map>

namespace larder::config {

bool Reader::accept_mapping(const Node& node) {
    if (node.kind == Node::Kind::null) return true;
    if (node.kind != Node::Kind::mapping) {
        const bool colon = node.kind == Node::Kind::scalar && node.text.find(':') != npos;
        complain(node, colon ? "a mapping (name: value), with a space behind the colon" : "a mapping (name: value)");
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

void Reader::refuse_unknown(const Node& node, const std::vector<std::string>& names) {
    for (const Entry& entry : node.entries) {
        if (std::ranges::find(names, entry.key) != names.end()) continue;
        std::string expected;
        if (entry.key == "<<") {
            expected = "the settings themselves: merge keys are not supported";
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
