#include "policy/invalidation.h"

#include <algorithm>

#include "policy/key.h"
#include "policy/key_parts.h"
#include "policy/pattern_index.h"
#include "policy/tags.h"

namespace larder::policy {

const char* word(InvalidationType type) {
    static constexpr const char* words[] = {"SINGLE_KEY", "PATTERN_MATCH", "TAG_BASED", "MANUAL_FLUSH"};
    return words[static_cast<int>(type)];
}

namespace {

// Under both schemes, with and without a port that the other one would not have to name.
std::vector<std::string> spellings(std::string_view key_text, std::size_t offset) {
    const std::string_view authority = authority_of(key_text, offset), rest = key_text.substr(offset);
    const std::string host(plain_authority(authority));
    const bool named = host.size() == authority.size() && host.rfind(':') != std::string::npos && !host.ends_with(']');
    std::vector<std::string> all;
    for (const char* before : {"http://", "https://"}) {
        all.push_back(before + host);
        if (!named) all.push_back(all.back() + (all.size() == 1 ? ":443" : ":80"));
    }
    for (std::string& text : all) text += rest;
    return all;
}

}  // namespace

std::shared_ptr<Invalidation> Invalidation::single_key(std::string key_text, std::uint64_t hash_seed,
                                                       const std::vector<SearchVariance>& variances) {
    std::shared_ptr<Invalidation> made(new Invalidation);
    made->type = InvalidationType::single_key;
    made->index = Index::key;
    made->path_offset_ = path_offset(key_text);
    if (made->path_offset_ == std::string::npos) {
        made->keys = {storage::hash_key(key_text, hash_seed)};
    } else {
        for (const std::string& text : spellings(key_text, made->path_offset_)) {
            made->keys.push_back(storage::hash_key(text, hash_seed));
        }
        for (const SearchVariance& variance : variances) {
            made->marks_.push_back(search_mark(variance, key_text, hash_seed));
        }
        std::sort(made->marks_.begin(), made->marks_.end());
    }
    made->key_text_ = std::move(key_text);
    return made;
}

std::vector<std::shared_ptr<const Invalidation>> Invalidation::further() const {
    std::vector<std::shared_ptr<const Invalidation>> all;
    if (type != InvalidationType::single_key || path_offset_ == std::string::npos) return all;
    if (key_text_.find(' ') == std::string::npos) {
        std::shared_ptr<Invalidation> fielded(new Invalidation(*this));
        fielded->share_ = Share::spellings;
        fielded->index = Index::path_prefix;
        fielded->path_prefix = key_text_.substr(path_offset_) + ' ';
        all.push_back(std::move(fielded));
    }
    if (!marks_.empty()) {
        std::shared_ptr<Invalidation> marked(new Invalidation(*this));
        marked->share_ = Share::equivalents;
        marked->index = Index::tags;
        marked->tags = marks_;
        all.push_back(std::move(marked));
    }
    return all;
}

bool Invalidation::is_spelling(const storage::KeyView& view) const {
    const bool absolute = path_offset_ != std::string::npos;
    const std::string_view wanted = std::string_view(key_text_).substr(absolute ? path_offset_ : 0);
    const std::string_view rest =
        view.text.substr(absolute ? std::min<std::size_t>(view.path_offset, view.text.size()) : 0);
    if (!rest.starts_with(wanted) || (rest.size() > wanted.size() && rest[wanted.size()] != ' ')) return false;
    return !absolute || is_on_path(view);
}

bool Invalidation::is_on_path(const storage::KeyView& view) const {
    const std::string_view path = path_of(key_text_, path_offset_);
    const std::string_view rest = view.text.substr(std::min<std::size_t>(view.path_offset, view.text.size()));
    if (!rest.starts_with(path) ||
        (rest.size() > path.size() && rest[path.size()] != '?' && rest[path.size()] != ' ')) {
        return false;
    }
    return plain_authority(authority_of(view.text, view.path_offset)) ==
           plain_authority(authority_of(key_text_, path_offset_));
}

bool Invalidation::is_equivalent(const storage::KeyView& view, const storage::Object& object) const {
    if (path_offset_ == std::string::npos || !is_on_path(view)) return false;
    const KeyParts own(key_text_), other(view.text);
    return (own.fields.empty() || own.fields == other.fields) && answers_too(object, view.text, key_text_);
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
    if (ticket >= sequence) return false;
    if (type == InvalidationType::tag_based) return view.text.starts_with(origin_);
    if (type == InvalidationType::single_key && path_offset_ != std::string::npos) return is_on_path(view);
    storage::Object unseen;
    unseen.ticket = ticket;
    unseen.strategy_name = strategy;
    return selects(view, unseen);
}

std::size_t Invalidation::charge() const {
    std::size_t sum = sizeof *this - sizeof(Selection) + Selection::charge() + origin_.size() + order.size();
    for (const std::string& mark : marks_) sum += sizeof mark + mark.size();
    return sum + key_text_.size();
}

// Spellings and equivalents of a URL have its path.
std::string_view Invalidation::path() const {
    if (type != InvalidationType::single_key || path_offset_ == std::string::npos) return {};
    return path_of(key_text_, path_offset_);
}

bool Invalidation::same_selection(const Invalidation& other) const {
    const auto written = [](const std::optional<config::PathPattern>& pattern) {
        return pattern ? std::string_view(pattern->text) : std::string_view();
    };
    return type == other.type && keys == other.keys && erasure == other.erasure && layer == other.layer &&
           key_text_ == other.key_text_ && marks_ == other.marks_ && share_ == other.share_ && tags == other.tags &&
           origin_ == other.origin_ && written(pattern_) == written(other.pattern_) &&
           strategy_name_ == other.strategy_name_;
}

bool Invalidation::selects(const storage::KeyView& view, const storage::Object& object) const {
    if (object.ticket >= sequence) return false;  // fetched after it: it is what the invalidation asked for
    switch (type) {
        case InvalidationType::single_key:
            if (is_spelling(view)) return share_ != Share::equivalents;
            return share_ != Share::spellings && is_equivalent(view, object);
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
