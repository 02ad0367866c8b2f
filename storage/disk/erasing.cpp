#include "storage/disk/erasing.h"

#include <algorithm>
#include <utility>

#include "storage/disk/bytes.h"
#include "storage/disk/indexes.h"

namespace larder::storage::disk {

bool Erasing::slice(Content& content, std::size_t at_most) {
    switch (selection_.index) {
        case Selection::Index::key:
            for (const KeyHash& hash : selection_.keys) visit_key(content, hash);
            return true;
        case Selection::Index::path_prefix:
            for (const KeyHash& hash : next_keys(content, at_most)) visit_key(content, hash);
            return exhausted_;
        case Selection::Index::tags:
            if (which_tag_ < selection_.tags.size()) {
                for (const std::uint64_t number : next_objects(content, at_most)) visit_object(content, number);
                if (exhausted_) {
                    ++which_tag_;
                    after_.clear();
                }
            }
            return which_tag_ >= selection_.tags.size();
        case Selection::Index::everything:
            for (const std::uint64_t number : next_objects(content, at_most)) visit_object(content, number);
            return exhausted_;
    }
    return true;
}

std::vector<KeyHash> Erasing::next_keys(Content& content, std::size_t at_most) {
    const std::string prefix = selection_.path_prefix.substr(0, most_path_bytes);
    std::vector<KeyHash> found;
    Cursor cursor(content.transaction(), content.tables().paths);
    bool there = cursor.seek(after_.empty() ? prefix : after_);
    if (there && !after_.empty() && cursor.key() == after_) there = cursor.next();
    while (there && cursor.key().starts_with(prefix)) {
        if (found.size() == at_most) return found;
        after_ = cursor.key();
        found.push_back(hash_at(after_, after_.size() - std::min<std::size_t>(after_.size(), 16)));
        there = cursor.next();
    }
    exhausted_ = true;
    return found;
}

std::vector<std::uint64_t> Erasing::next_objects(Content& content, std::size_t at_most) {
    const bool tagged = selection_.index == Selection::Index::tags;
    const std::string prefix = tagged ? tag_prefix(selection_.tags[which_tag_]) : std::string();
    std::vector<std::uint64_t> found;
    exhausted_ = false;
    Cursor cursor(content.transaction(), tagged ? content.tables().tags : content.tables().objects);
    const std::string from = after_.empty() ? prefix : after_;
    bool there = from.empty() ? cursor.first() : cursor.seek(from);
    if (there && !after_.empty() && cursor.key() == after_) there = cursor.next();
    while (there && cursor.key().starts_with(prefix)) {
        if (found.size() == at_most) return found;
        after_ = cursor.key();
        found.push_back(number_at(after_, prefix.size()));
        there = cursor.next();
    }
    exhausted_ = true;
    return found;
}

void Erasing::visit_key(Content& content, const KeyHash& hash) {
    const auto entry = content.key(hash);
    if (!entry) return;
    std::vector<Variant> variants = content.variants(*entry);
    std::erase_if(variants, [&](const Variant& variant) {
        return !selection_.selects(variant.record.key(), *variant.record.object);
    });
    if (!variants.empty()) apply(content, variants);
}

void Erasing::visit_object(Content& content, std::uint64_t number) {
    const auto met = content.load(number);
    if (!met || !selection_.selects(met->key(), *met->object)) return;
    const auto entry = content.key(met->hash);
    std::vector<Variant> variants = content.variants(entry ? *entry : KeyEntry{});
    const auto is_met = [&](const Variant& variant) { return variant.number == number; };
    if (std::none_of(variants.begin(), variants.end(), is_met)) variants.push_back({number, *met});
    std::erase_if(variants, [&](const Variant& variant) {
        return !selection_.selects(variant.record.key(), *variant.record.object);
    });
    const auto place = [&](const Variant& variant) {
        return std::pair(first_tag(*variant.record.object), variant.number);
    };
    const auto first = std::min_element(variants.begin(), variants.end(),
                                        [&](const Variant& a, const Variant& b) { return place(a) < place(b); });
    const bool now = selection_.index != Selection::Index::tags || first_tag(*first->record.object) == which_tag_;
    if (first->number == number && now) apply(content, variants);
}

std::size_t Erasing::first_tag(const Object& object) const {
    if (selection_.index != Selection::Index::tags) return 0;
    for (std::size_t i = 0; i < selection_.tags.size(); ++i) {
        if (std::find(object.tags.begin(), object.tags.end(), selection_.tags[i]) != object.tags.end()) return i;
    }
    return selection_.tags.size();
}

void Erasing::apply(Content& content, std::vector<Variant>& variants) {
    count_ += variants.size();
    ++key_count_;
    if (keys_.size() < list_at_most_) keys_.insert(variants.front().record.key_text);
    for (Variant& variant : variants) {
        if (erasure_ == Erasure::hard) content.remove(variant.number);
        if (erasure_ == Erasure::soft && !variant.record.object->lifetime.invalidated) {
            content.invalidate(variant.number, variant.record);
        }
    }
}

}  // namespace larder::storage::disk
