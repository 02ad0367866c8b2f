#include "config/load.h"
#include "config/settings.h"

namespace larder::config {
namespace {

constexpr const char* preface =
    "# Settings\n\n"
    "The file is YAML. A setting that is not listed here is an error, and so is a key that stands twice. Sizes: `1000` "
    "(bytes), `64KiB`, `512MiB`, `20GiB`, or decimal `64KB`, `512MB`, `20GB`. Durations: `500ms`, `2s`, `5m`, `1h`, "
    "`1d`.\n";

std::string cell(const std::string& text) {
    std::string out;
    for (char c : text) {
        if (c == '|') out += '\\';
        out += c;
    }
    return out;
}

void section(const std::string& name, const std::vector<Doc>& docs, std::string& page) {
    page += "\n## " + (name.empty() ? "Top of the file" : "`" + name + "`") + "\n\n";
    page += "| setting | value | default | effect |\n| --- | --- | --- | --- |\n";
    for (const Doc& doc : docs) {
        page +=
            "| `" + doc.name + "` | " + cell(doc.type) + " | " + cell(doc.standard) + " | " + cell(doc.text) + " |\n";
    }
    for (const Doc& doc : docs) {
        if (!doc.below.empty()) section(name.empty() ? doc.name : name + "." + doc.name, doc.below, page);
    }
}

}  // namespace

std::string reference() {
    std::vector<Doc> docs;
    for (const Setting<Config>& setting : settings<Config>()) docs.push_back(setting.doc);
    std::string page = preface;
    section("", docs, page);
    return page;
}

}  // namespace larder::config
