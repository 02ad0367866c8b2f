#include "storage/listing.h"

#include <algorithm>

namespace larder::storage {
namespace {

// What a key's text, or the beginning of one, has from its path on; empty: its path has not begun.
std::string_view from_path(std::string_view text) {
    const std::size_t scheme = text.find("://");
    if (scheme == std::string_view::npos) return {};
    const std::size_t path = text.find('/', scheme + 3);
    return path == std::string_view::npos ? std::string_view{} : text.substr(path);
}

}  // namespace

bool KeyFilter::takes(std::string_view key_text, const Object& object) const {
    const auto agrees = [](const std::string& wanted, const std::string& there) {
        return wanted.empty() || wanted == there;
    };
    const std::string_view begins = prefix.starts_with('/') ? from_path(key_text) : key_text;
    return begins.starts_with(prefix) && agrees(strategy_name, object.strategy_name) &&
           agrees(resource_type, object.resource_type) && agrees(resource_id, object.resource_id) &&
           (tags.empty() ||
            std::find_first_of(object.tags.begin(), object.tags.end(), tags.begin(), tags.end()) != object.tags.end());
}

bool KeyFilter::takes(std::string_view key_text, const VariantSet& set) const {
    return std::any_of(set.variants.begin(), set.variants.end(),
                       [&](const ObjectPtr& variant) { return takes(key_text, *variant); });
}

std::string_view KeyFilter::path_prefix() const {
    return prefix.starts_with('/') ? std::string_view(prefix) : from_path(prefix);
}

std::optional<KeyPosition> horizon(const std::vector<KeyPage>& pages) {
    std::optional<KeyPosition> least;
    for (const KeyPage& page : pages) {
        if (page.behind && (!least || *page.behind < *least)) least = page.behind;
    }
    return least;
}

}  // namespace larder::storage
