#include "storage/listing.h"

#include <algorithm>

namespace larder::storage {

bool KeyFilter::takes(std::string_view key_text, const Object& object) const {
    const auto agrees = [](const std::string& wanted, const std::string& there) {
        return wanted.empty() || wanted == there;
    };
    return key_text.starts_with(prefix) && agrees(strategy_name, object.strategy_name) &&
           agrees(resource_type, object.resource_type) && agrees(resource_id, object.resource_id) &&
           (tag.empty() || std::find(object.tags.begin(), object.tags.end(), tag) != object.tags.end());
}

}  // namespace larder::storage
