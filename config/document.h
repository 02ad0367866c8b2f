// A YAML document as a tree of plain values with the places where they stand. Aliases are already expanded.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/load.h"

namespace larder::config {

// Lines and columns count from 1; 0: not in the file.
struct Place {
    int line = 0;
    int column = 0;
};

struct Entry;

struct Node {
    enum class Kind { null, scalar, sequence, mapping };
    Kind kind = Kind::null;
    Place place;
    bool plain = false;          // a scalar written without quotes
    std::string text;            // scalar
    std::vector<Node> items;     // sequence
    std::vector<Entry> entries;  // mapping; keys may still be there twice

    // The value of the first entry with that key, or nullptr.
    const Node* find(std::string_view key) const;
};

struct Entry {
    std::string key;
    Place place;
    Node value;
};

// What a hostile or mistaken document may cost.
inline constexpr std::size_t document_bytes_limit = 10 * MiB;
inline constexpr std::size_t document_nodes_limit = 500'000;      // aliases expanded
inline constexpr std::size_t document_expanded_limit = 64 * MiB;  // bytes of text, aliases expanded
inline constexpr std::size_t document_depth_limit = 32;
inline constexpr std::size_t document_marks_limit = 500'000;  // of [ { and , in the whole text

// An empty document is a null. One complaint at the first thing that is not YAML, or not within the limits. Never
// throws.
std::variant<Node, Complaint> parse_document(std::string_view text, const std::string& file);

// The node at `upstreams[0].servers[1]`, or the nearest one around it that is there.
Place place_of(const Node& root, std::string_view field);
bool is_there(const Node& root, std::string_view field);

// What stands there, for a complaint: "text" quoted, `a list`, `a mapping`, `nothing`.
std::string describe(const Node&);

}  // namespace larder::config
