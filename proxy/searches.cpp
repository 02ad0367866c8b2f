#include "proxy/searches.h"

#include <functional>

namespace larder::proxy {
namespace {

constexpr std::size_t most_text = 1024;  // a longer URL answers itself alone

// A key text in pieces: the URL's path and what is before it, the query, and the key fields behind.
struct KeyParts {
    explicit KeyParts(std::string_view text) {
        const std::string_view url = text.substr(0, text.find(' '));
        fields = text.substr(url.size());
        path = url.substr(0, url.find('?'));
        if (path.size() < url.size()) query = url.substr(path.size() + 1);
    }
    std::string_view path, query, fields;
};

std::size_t slot(std::string_view text, std::size_t slots) {
    return std::hash<std::string_view>()(text) % slots;
}

std::string canonical(const KeyParts& key, const policy::SearchVariance& variance) {
    std::string text(key.path);
    text.append("?").append(policy::canonical_search(key.query, variance)).append(key.fields);
    return text;
}

}  // namespace

void Searches::learn(std::string_view key_text, const policy::Fields& response) {
    const bool says = response.has("No-Vary-Search");
    if (!says && !any_.load(std::memory_order_relaxed)) return;
    const KeyParts key(key_text);
    auto variance = policy::search_variance(response);
    if (!variance) {
        const std::lock_guard lock(mutex_);
        Path& path = (*paths_)[slot(key.path, slots)];
        if (path.text == key.path) path = {};
        return;
    }
    const std::string text = canonical(key, *variance);
    if (key_text.size() > most_text || text.size() > most_text) return;
    const std::lock_guard lock(mutex_);
    Path& path = (*paths_)[slot(key.path, slots)];
    path.text = key.path;
    path.variance = std::make_shared<const policy::SearchVariance>(std::move(*variance));
    (*stored_)[slot(text, slots)] = {text, std::string(key_text)};
    any_.store(true, std::memory_order_relaxed);
}

std::string Searches::equivalent(std::string_view key_text) const {
    if (!any_.load(std::memory_order_relaxed)) return {};
    const KeyParts key(key_text);
    Variance variance;
    {
        const std::lock_guard lock(mutex_);
        const Path& path = (*paths_)[slot(key.path, slots)];
        if (path.text != key.path) return {};
        variance = path.variance;
    }
    const std::string text = canonical(key, *variance);
    const std::lock_guard lock(mutex_);
    const Stored& stored = (*stored_)[slot(text, slots)];
    return stored.canonical == text && stored.key_text != key_text ? stored.key_text : std::string();
}

}  // namespace larder::proxy
