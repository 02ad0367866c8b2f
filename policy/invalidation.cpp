#include "policy/invalidation.h"

#include <algorithm>

#include "policy/key.h"
#include "policy/pattern_index.h"

namespace larder::policy {

const char* word(InvalidationType type) {
    static constexpr const char* words[] = {"SINGLE_KEY", "PATTERN_MATCH", "TAG_BASED", "MANUAL_FLUSH"};
    return words[static_cast<int>(type)];
}

std::shared_ptr<Invalidation> Invalidation::single_key(std::string key_text, std::uint64_t hash_seed) {
    std::shared_ptr<Invalidation> made(new Invalidation);
    made->type = InvalidationType::single_key;
    made->index = Index::key;
    made->key = storage::hash_key(key_text, hash_seed);
    made->key_text_ = std::move(key_text);
    return made;
}

std::shared_ptr<const Invalidation> Invalidation::with_key_fields() const {
    if (type != InvalidationType::single_key || key_text_.find(' ') != std::string::npos) return nullptr;
    const std::size_t path = path_offset(key_text_);
    if (path == std::string::npos) return nullptr;
    std::shared_ptr<Invalidation> made(new Invalidation(*this));
    made->index = Index::path_prefix;
    made->path_prefix = key_text_.substr(path) + ' ';
    return made;
}

std::shared_ptr<Invalidation> Invalidation::pattern(config::PathPattern pattern) {
    std::shared_ptr<Invalidation> made(new Invalidation);
    made->type = InvalidationType::pattern_match;
    made->path_prefix = literal_prefix(pattern);
    made->index = made->path_prefix == "/" ? Index::everything : Index::path_prefix;
    made->pattern_ = std::move(pattern);
    return made;
}

std::shared_ptr<Invalidation> Invalidation::tagged(std::vector<std::string> tags) {
    std::shared_ptr<Invalidation> made(new Invalidation);
    made->type = InvalidationType::tag_based;
    made->index = Index::tags;
    std::sort(tags.begin(), tags.end());
    tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
    made->tags = std::move(tags);
    return made;
}

std::shared_ptr<Invalidation> Invalidation::flush(std::optional<std::string> strategy_name) {
    std::shared_ptr<Invalidation> made(new Invalidation);
    made->type = InvalidationType::manual_flush;
    made->index = Index::everything;
    made->strategy_name_ = std::move(strategy_name);
    return made;
}

bool Invalidation::may_select(const storage::KeyView& view, const std::string& strategy, Sequence ticket) const {
    if (type == InvalidationType::tag_based) return ticket < sequence;
    storage::Object unseen;
    unseen.ticket = ticket;
    unseen.strategy_name = strategy;
    return selects(view, unseen);
}

bool Invalidation::selects(const storage::KeyView& view, const storage::Object& object) const {
    if (object.ticket >= sequence) return false;  // fetched after it: it is what the invalidation asked for
    switch (type) {
        case InvalidationType::single_key:
            return view.text.starts_with(key_text_) &&
                   (view.text.size() == key_text_.size() || view.text[key_text_.size()] == ' ');
        case InvalidationType::pattern_match:
            return policy::selects(*pattern_, host_of(authority_of(view.text, view.path_offset)),
                                   path_of(view.text, view.path_offset));
        case InvalidationType::tag_based:
            return std::any_of(object.tags.begin(), object.tags.end(), [&](const std::string& tag) {
                return std::binary_search(tags.begin(), tags.end(), tag);
            });
        case InvalidationType::manual_flush:
            return !strategy_name_ || object.strategy_name == *strategy_name_;
    }
    return false;
}

}  // namespace larder::policy
