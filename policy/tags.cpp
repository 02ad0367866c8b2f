#include "policy/tags.h"

#include <unordered_set>

#include "policy/no_vary_search.h"
#include "policy/structured.h"

namespace larder::policy {

namespace {

constexpr char group_mark = '\n';

class Collector {
  public:
    void add(std::string_view tag) {
        if (tag.empty() || !within_) return;
        if (tag.size() > most_tag_bytes) {
            within_ = false;
            return;
        }
        keep(std::string(tag), tag.size());
    }

    void add_group(const std::string& group) {
        if (group.empty() || !within_) return;
        within_ = group.size() <= most_tag_bytes;
        if (within_) keep(group_tag(group), group.size());
    }

    void add_each(std::string_view list, std::string_view separators) {
        while (!list.empty() && within_) {
            const std::size_t n = std::min(list.find_first_of(separators), list.size());
            add(trimmed(list.substr(0, n)));
            list.remove_prefix(n < list.size() ? n + 1 : n);
        }
    }

    std::optional<std::vector<std::string>> finish() {
        if (!within_) return std::nullopt;
        return std::move(tags_);
    }

  private:
    void keep(std::string tag, std::size_t size) {
        if (!seen_.insert(tag).second) return;
        bytes_ += size;
        within_ = seen_.size() <= most_tags && bytes_ <= most_tag_bytes_total;
        tags_.push_back(std::move(tag));
    }

    std::vector<std::string> tags_;
    std::unordered_set<std::string> seen_;
    std::size_t bytes_ = 0;
    bool within_ = true;
};

}  // namespace

std::optional<std::vector<std::string>> tags(const Fields& response) {
    Collector found;
    for (const Field& field : response) {
        if (same_name(field.name, "Surrogate-Key")) found.add_each(field.value, " \t");
        if (same_name(field.name, "Cache-Tag")) found.add_each(field.value, ",");
        if (same_name(field.name, "xkey")) found.add_each(field.value, " \t,");
    }
    if (const auto groups = response.combined("Cache-Groups")) {
        for (const std::string& group : parse_string_list(*groups).value_or(std::vector<std::string>())) {
            found.add_group(group);
        }
    }
    return found.finish();
}

std::string group_tag(std::string_view group) {
    return std::string(1, group_mark).append(group);
}

std::vector<std::string> tag_names(const std::vector<std::string>& stored) {
    std::vector<std::string> names;
    std::unordered_set<std::string_view> seen;
    for (const std::string_view tag : stored) {
        if (is_search_mark(tag)) continue;
        const std::string_view name = tag.starts_with(group_mark) ? tag.substr(1) : tag;
        if (seen.insert(name).second) names.emplace_back(name);
    }
    return names;
}

std::vector<std::string> tags_named(std::string_view name) {
    return {std::string(name), group_tag(name)};
}

}  // namespace larder::policy
