// The key registry as it is listed: a row a key, pages in a fixed order, so that paging through a cache that changes
// shows each key that stays exactly once.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/object.h"

namespace larder::storage {

// How often a key was asked for. Times are seconds since 1970.
struct KeyUse {
    std::uint64_t hit_count = 0;
    std::uint64_t miss_count = 0;
    UnixTime created_at = 0;
    UnixTime last_accessed = 0;  // 0: never
};

// Keys are listed by their text from the path on, then by the whole text.
struct KeyPosition {
    std::string text;
    std::uint32_t path_offset = 0;

    std::string_view path() const { return std::string_view(text).substr(path_offset); }
    bool operator==(const KeyPosition&) const = default;
    bool operator<(const KeyPosition& other) const {
        const int order = path().compare(other.path());
        return order != 0 ? order < 0 : text < other.text;
    }
};

struct KeyRow : KeyPosition {
    ObjectPtr newest;  // the most recently stored variant; its body may be missing
    std::size_t variants = 0;
    std::uint64_t data_size = 0;    // of all variants' bodies
    std::uint64_t stored_size = 0;  // what they occupy in the layer, bookkeeping included
    UnixTime expires_at = 0;        // when the freshest variant ceases, or would have ceased, to be fresh
    bool fresh = false;             // a variant is not invalidated
    KeyUse use;

    // One more variant, or what another part knows: until when it is, or would be, fresh. Those that are invalidated
    // count only while there is no other.
    void lasts(UnixTime until, bool valid) {
        if (valid == fresh) {
            expires_at = std::max(expires_at, until);
        } else if (valid) {
            expires_at = until;
            fresh = true;
        }
    }
};

// What is listed; empty members take everything.
struct KeyFilter {
    std::string prefix =
        {};  // of the key's text; one that begins with "/": of what stands from the path on, on every host
    std::string strategy_name = {};
    std::string resource_type = {};
    std::string resource_id = {};
    std::vector<std::string> tags = {};  // carries one of them

    bool takes(std::string_view key_text, const Object& object) const;
    // One of the variants.
    bool takes(std::string_view key_text, const VariantSet& set) const;
    // With what the keys that it takes go on from their path on: where a walk in the order of the listing may begin
    // and has to end. Empty: with anything.
    std::string_view path_prefix() const;
};

struct KeyPage {
    std::vector<KeyRow> rows;           // ascending
    std::optional<KeyPosition> behind;  // there may be more behind this position; nullopt: that was all
};

// Pages of several parts, each listed from the same position on: up to where together they miss nothing. nullopt: to
// the end. What they have behind it belongs to a later page.
std::optional<KeyPosition> horizon(const std::vector<KeyPage>& pages);

}  // namespace larder::storage
