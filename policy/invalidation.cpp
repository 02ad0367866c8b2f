#include "policy/invalidation.h"

#include <algorithm>

#include "policy/key.h"
#include "policy/pattern_index.h"
#include "policy/tags.h"

namespace larder::policy {

const char* word(InvalidationType type) {
    static constexpr const char* words[] = {"SINGLE_KEY", "PATTERN_MATCH", "TAG_BASED", "MANUAL_FLUSH"};
    return words[static_cast<int>(type)];
}

std::shared_ptr<Invalidation> Invalidation::single_key(std::string key_text, std::uint64_t hash_seed,
                                                       std::string equivalent) {
    std::shared_ptr<Invalidation> made(new Invalidation);
    made->type = InvalidationType::single_key;
    made->hash_seed_ = hash_seed;
    made->key_texts_.push_back(std::move(key_text));
    if (!equivalent.empty()) made->key_texts_.push_back(std::move(equivalent));
    made->look_up(0, false);
    return made;
}

void Invalidation::look_up(std::size_t text, bool with_fields) {
    const std::string& key_text = key_texts_[text];
    index = with_fields ? Index::path_prefix : Index::key;
    key = storage::hash_key(key_text, hash_seed_);
    if (with_fields) path_prefix = key_text.substr(path_offset(key_text)) + ' ';
}

std::vector<std::shared_ptr<const Invalidation>> Invalidation::further() const {
    std::vector<std::shared_ptr<const Invalidation>> all;
    for (std::size_t i = 0; i < key_texts_.size(); ++i) {
        const bool has_fields = key_texts_[i].find(' ') != std::string::npos;
        const bool absolute = path_offset(key_texts_[i]) != std::string::npos;
        for (const bool with_fields : {false, true}) {
            if (with_fields ? has_fields || !absolute : i == 0) continue;  // the first one is this invalidation's own
            std::shared_ptr<Invalidation> made(new Invalidation(*this));
            made->look_up(i, with_fields);
            all.push_back(std::move(made));
        }
    }
    return all;
}

std::shared_ptr<Invalidation> Invalidation::pattern(config::PathPattern pattern) {
    std::shared_ptr<Invalidation> made(new Invalidation);
    made->type = InvalidationType::pattern_match;
    made->path_prefix = literal_prefix(pattern);
    made->index = made->path_prefix == "/" ? Index::everything : Index::path_prefix;
    made->pattern_ = std::move(pattern);
    return made;
}

std::shared_ptr<Invalidation> Invalidation::tagged(const std::vector<std::string>& names) {
    std::vector<std::string> stored;
    for (const std::string& name : names) {
        for (std::string& tag : tags_named(name)) stored.push_back(std::move(tag));
    }
    return carrying(std::move(stored));
}

std::shared_ptr<Invalidation> Invalidation::grouped(const std::vector<std::string>& groups, std::string origin) {
    std::vector<std::string> stored;
    for (const std::string& group : groups) stored.push_back(group_tag(group));
    auto made = carrying(std::move(stored));
    made->origin_ = std::move(origin) + '/';
    return made;
}

std::shared_ptr<Invalidation> Invalidation::carrying(std::vector<std::string> tags) {
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
    if (type == InvalidationType::tag_based) return ticket < sequence && view.text.starts_with(origin_);
    storage::Object unseen;
    unseen.ticket = ticket;
    unseen.strategy_name = strategy;
    return selects(view, unseen);
}

std::size_t Invalidation::charge() const {
    std::size_t sum = sizeof *this - sizeof(Selection) + Selection::charge() + origin_.size() + order.size();
    for (const std::string& key_text : key_texts_) sum += sizeof key_text + key_text.size();
    return sum;
}

std::string_view Invalidation::path() const {
    std::string_view path;
    for (const std::string& key_text : key_texts_) {
        const std::size_t offset = path_offset(key_text);
        const std::string_view own = offset == std::string::npos ? std::string_view() : path_of(key_text, offset);
        if (own.empty() || (!path.empty() && own != path)) return {};
        if (path.empty()) path = own;
    }
    return path;
}

bool Invalidation::same_selection(const Invalidation& other) const {
    const auto written = [](const std::optional<config::PathPattern>& pattern) {
        return pattern ? std::string_view(pattern->text) : std::string_view();
    };
    return type == other.type && key == other.key && erasure == other.erasure && layer == other.layer &&
           key_texts_ == other.key_texts_ && tags == other.tags && origin_ == other.origin_ &&
           written(pattern_) == written(other.pattern_) && strategy_name_ == other.strategy_name_;
}

bool Invalidation::selects(const storage::KeyView& view, const storage::Object& object) const {
    if (object.ticket >= sequence) return false;  // fetched after it: it is what the invalidation asked for
    switch (type) {
        case InvalidationType::single_key:
            return std::any_of(key_texts_.begin(), key_texts_.end(), [&](const std::string& key_text) {
                return view.text.starts_with(key_text) &&
                       (view.text.size() == key_text.size() || view.text[key_text.size()] == ' ');
            });
        case InvalidationType::pattern_match:
            return policy::selects(*pattern_, host_of(authority_of(view.text, view.path_offset)),
                                   path_of(view.text, view.path_offset));
        case InvalidationType::tag_based:
            return view.text.starts_with(origin_) &&
                   std::any_of(object.tags.begin(), object.tags.end(), [&](const std::string& tag) {
                       return std::binary_search(tags.begin(), tags.end(), tag);
                   });
        case InvalidationType::manual_flush:
            return !strategy_name_ || object.strategy_name == *strategy_name_;
    }
    return false;
}

}  // namespace larder::policy
