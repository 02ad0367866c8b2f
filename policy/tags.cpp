#include "policy/tags.h"

#include <unordered_set>

#include "policy/structured.h"

namespace larder::policy {

namespace {

class Collector {
  public:
    void add(std::string_view tag) {
        if (tag.empty() || !within_) return;
        if (tag.size() > most_tag_bytes) {
            within_ = false;
            return;
        }
        if (!seen_.emplace(tag).second) return;
        bytes_ += tag.size();
        within_ = seen_.size() <= most_tags && bytes_ <= most_tag_bytes_total;
        tags_.emplace_back(tag);
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
        for (const std::string& group : parse_string_list(*groups).value_or(std::vector<std::string>()))
            found.add(group);
    }
    return found.finish();
}

}  // namespace larder::policy
