// Which of many patterns selects a request: the most specific one. Hosts first (a name before *.name, the longer suffix
// before the shorter, before any host), then segment by segment from the left: a literal before a placeholder before
// `**`.
//
// A tree of segments: the cost is that of the path, not of the number of patterns. Built once, then read by any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/pattern.h"

namespace larder::policy {

class PatternIndex {
  public:
    PatternIndex();
    ~PatternIndex();
    PatternIndex(PatternIndex&&) noexcept;
    PatternIndex& operator=(PatternIndex&&) noexcept;

    // `value` is what find() answers. Of two patterns that select the same the first stays.
    void add(const config::PathPattern& pattern, std::uint32_t value);

    // `host` in lower case and without port; `path` canonical.
    std::optional<std::uint32_t> find(std::string_view host, std::string_view path) const;
    // The same, and the most specific of the other patterns that would have selected it.
    std::vector<std::uint32_t> find_all(std::string_view host, std::string_view path) const;

  private:
    struct Node;
    struct Hosts;
    template <class F>
    bool visit(std::string_view host, std::string_view path, F&& found) const;
    template <class F>
    static bool descend(const Node& node, std::string_view rest, F& found);

    std::unique_ptr<Hosts> hosts_;
};

// Whether this one pattern selects host and path.
bool selects(const config::PathPattern& pattern, std::string_view host, std::string_view path);

// Why the first of two patterns that both select a request is the one that counts, for people: "its host is named".
std::string why_before(const config::PathPattern& first, const config::PathPattern& second);

// The segment of `path` where `pattern` has {name}; "" if it has none of that name. `path` is selected by `pattern`.
std::string_view captured(const config::PathPattern& pattern, std::string_view name, std::string_view path);

// The longest text that every path selected by the pattern begins with.
std::string literal_prefix(const config::PathPattern& pattern);

// The host of an authority: without port.
std::string_view host_of(std::string_view authority);

}  // namespace larder::policy
