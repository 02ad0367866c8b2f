#include "proxy/cli/samples.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace larder::proxy::cli {
namespace {

// Takes `{name="value",...}` off the front of `text`. False: that is none.
bool take_labels(std::string_view& text, Labels& labels) {
    text.remove_prefix(1);
    while (!text.empty() && text[0] != '}') {
        const std::size_t equals = text.find("=\"");
        if (equals == std::string_view::npos) return false;
        const std::string name(text.substr(0, equals));
        text.remove_prefix(equals + 2);
        std::string value;
        while (!text.empty() && text[0] != '"') {
            if (text[0] == '\\' && text.size() > 1) {
                value += text[1] == 'n' ? '\n' : text[1];
                text.remove_prefix(2);
            } else {
                value += text[0];
                text.remove_prefix(1);
            }
        }
        if (text.empty()) return false;
        text.remove_prefix(1);
        if (text.starts_with(',')) text.remove_prefix(1);
        labels.emplace(name, std::move(value));
    }
    if (text.empty()) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<Sample> sample_in(std::string_view line) {
    const std::size_t end = line.find_first_of("{ ");
    if (line.empty() || line[0] == '#' || end == std::string_view::npos) return std::nullopt;
    Sample sample;
    sample.name = line.substr(0, end);
    line.remove_prefix(end);
    if (line[0] == '{' && !take_labels(line, sample.labels)) return std::nullopt;
    const std::string number(line);
    char* rest = nullptr;
    sample.value = std::strtod(number.c_str(), &rest);
    if (rest == number.c_str()) return std::nullopt;
    return sample;
}

}  // namespace

Samples::Samples(std::string_view exposition) {
    while (!exposition.empty()) {
        const std::string_view line = exposition.substr(0, exposition.find('\n'));
        exposition.remove_prefix(std::min(exposition.size(), line.size() + 1));
        if (auto sample = sample_in(line)) all_.push_back(std::move(*sample));
    }
}

double Samples::sum(std::string_view name, const Labels& labels) const {
    double sum = 0;
    for (const Sample& sample : all_) {
        const bool agrees = std::all_of(labels.begin(), labels.end(), [&](const auto& wanted) {
            const auto found = sample.labels.find(wanted.first);
            return found != sample.labels.end() && found->second == wanted.second;
        });
        if (sample.name == name && agrees) sum += sample.value;
    }
    return sum;
}

std::vector<std::string> Samples::values(std::string_view name, std::string_view label) const {
    std::vector<std::string> values;
    for (const Sample& sample : all_) {
        const auto found = sample.labels.find(label);
        if (sample.name != name || found == sample.labels.end()) continue;
        if (std::find(values.begin(), values.end(), found->second) == values.end()) values.push_back(found->second);
    }
    return values;
}

}  // namespace larder::proxy::cli
