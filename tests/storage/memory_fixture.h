// A small language for tests of the memory layer.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "storage/memory/memory_layer.h"
#include "tests/pieces.h"

namespace larder::storage {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
#else
inline constexpr bool sanitized = false;
#endif

inline constexpr UnixTime now = 1'800'000'000;

struct Key {
    std::string text;
    KeyView view;
    explicit Key(std::string url) : text(std::move(url)) {
        const std::size_t authority = text.find("://");
        const std::size_t path = authority == std::string::npos ? 0 : text.find('/', authority + 3);
        view = {text, hash_key(text, 1), static_cast<std::uint32_t>(path)};
    }
    Key(const Key&) = delete;
    Key& operator=(const Key&) = delete;
};

inline std::shared_ptr<const Body> body_of(std::string_view content) {
    auto body = std::make_shared<Body>();
    for (std::size_t at = 0; at < content.size(); at += 16384) {
        body->append(piece_of(content.substr(at, 16384)));
    }
    return body;
}

inline std::string content_of(const Object& object) {
    std::string content;
    for (const auto& piece : object.body->pieces) content.append(piece.data.get(), piece.size);
    return content;
}

struct Make {
    std::string content = "content";
    std::uint64_t ticket = 1;
    std::vector<std::string> tags = {};
    std::vector<VaryField> vary = {};
    Seconds freshness = 60;
    Seconds keep = 0;
    std::string etag = {};
};

inline std::shared_ptr<Object> make(const Make& wanted = {}) {
    auto object = std::make_shared<Object>();
    object->fields = "Content-Type: text/plain\r\n";
    object->body = body_of(wanted.content);
    object->ticket = wanted.ticket;
    object->tags = wanted.tags;
    object->vary = wanted.vary;
    object->etag = wanted.etag;
    object->lifetime.response_time = now;
    object->lifetime.freshness = wanted.freshness;
    object->lifetime.keep = wanted.keep;
    return object;
}

inline std::vector<VaryField> language(std::string value) {
    return {{"accept-language", std::move(value)}};
}

class OpenPermit final : public Permit {
  public:
    bool permits(const KeyView&, const Object&) const override { return true; }
};
inline const OpenPermit open_permit;

class Pick : public Selection {
  public:
    std::uint64_t sequence = ~0ull;
    std::function<bool(const KeyView&, const Object&)> condition = [](const KeyView&, const Object&) { return true; };

    static Pick one(const Key& wanted) {
        Pick pick;
        pick.index = Index::key;
        pick.keys = {wanted.view.hash};
        pick.condition = [text = wanted.text](const KeyView& key, const Object&) { return key.text == text; };
        return pick;
    }
    static Pick tagged(std::vector<std::string> tags) {
        Pick pick;
        pick.index = Index::tags;
        pick.tags = tags;
        pick.condition = [tags](const KeyView&, const Object& object) {
            return std::find_first_of(object.tags.begin(), object.tags.end(), tags.begin(), tags.end()) !=
                   object.tags.end();
        };
        return pick;
    }
    static Pick below(std::string prefix, std::string host = {}) {
        Pick pick;
        pick.index = Index::path_prefix;
        pick.path_prefix = prefix;
        pick.condition = [prefix, host](const KeyView& key, const Object&) {
            return key.text.substr(key.path_offset).starts_with(prefix) &&
                   (host.empty() || key.text.substr(0, key.path_offset) == "http://" + host);
        };
        return pick;
    }
    static Pick all() { return {}; }

    Pick before(std::uint64_t ticket) && {
        sequence = ticket;
        return std::move(*this);
    }
    bool selects(const KeyView& key, const Object& object) const override {
        return object.ticket < sequence && condition(key, object);
    }
};

// The rule of the tickets: what an invalidation selects may not become visible once it is entered.
class Invalidations : public Permit {
  public:
    std::uint64_t begin() { return ++counter_; }
    std::shared_ptr<const Pick> enter(Pick pick) {
        const std::lock_guard lock(mutex_);
        pick.sequence = ++counter_;
        entered_.push_back(std::make_shared<const Pick>(std::move(pick)));
        return entered_.back();
    }
    bool permits(const KeyView& key, const Object& object) const override {
        const std::lock_guard lock(mutex_);
        for (auto pick = entered_.rbegin(); pick != entered_.rend() && (*pick)->sequence > object.ticket; ++pick) {
            if ((*pick)->selects(key, object)) return false;
        }
        return true;
    }

  private:
    std::atomic<std::uint64_t> counter_{0};
    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<const Pick>> entered_;  // under mutex_, by sequence
};

class Cache {
  public:
    explicit Cache(std::uint64_t max_bytes = 8 * config::MiB,
                   config::EvictionPolicy policy = config::EvictionPolicy::lru)
        : layer({max_bytes, policy, 64, 1}) {}

    MemoryLayer layer;

    Stored put(const std::string& url, const Make& wanted = {}, std::size_t max_variants = 64) {
        return layer.insert(Key(url).view, make(wanted), open_permit, now, max_variants);
    }
    VariantSetPtr get(const std::string& url) { return layer.find(Key(url).view, now); }
    bool has(const std::string& url) { return get(url) != nullptr; }
    // The contents of all variants, in order: "a|b"; "-": none.
    std::string contents(const std::string& url) {
        const VariantSetPtr set = get(url);
        if (!set) return "-";
        std::string all;
        for (const ObjectPtr& object : set->variants) all += (all.empty() ? "" : "|") + content_of(*object);
        return all;
    }
    std::uint64_t erase(const Selection& selection, Erasure erasure = Erasure::hard) {
        return layer.erase(selection, erasure, 0).count;
    }
    std::uint64_t bytes() const { return layer.stats().bytes; }
    std::uint64_t objects() const { return layer.stats().objects; }
};

}  // namespace larder::storage
