#include "policy/pattern_index.h"

#include <functional>
#include <unordered_map>

namespace larder::policy {
namespace {

using config::Segment;

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

template <class T>
using ByText = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

// Cuts the first segment off a path that begins with a slash; `rest` is what follows, empty at the end.
std::string_view first_segment(std::string_view path, std::string_view& rest) {
    path.remove_prefix(1);
    const std::size_t slash = path.find('/');
    rest = slash == std::string_view::npos ? std::string_view{} : path.substr(slash);
    return path.substr(0, slash);
}

bool host_selected(const std::string& pattern, std::string_view host) {
    if (pattern.empty()) return true;
    if (!pattern.starts_with("*.")) return pattern == host;
    const std::string_view suffix = std::string_view(pattern).substr(1);
    return host.size() > suffix.size() && host.ends_with(suffix);
}

}  // namespace

struct PatternIndex::Node {
    ByText<std::unique_ptr<Node>> literals;
    std::unique_ptr<Node> any;
    std::optional<std::uint32_t> here;
    std::optional<std::uint32_t> rest;
};

struct PatternIndex::Hosts {
    ByText<Node> exact;
    ByText<Node> below;  // ".example.com"
    std::optional<Node> any;
};

PatternIndex::PatternIndex() : hosts_(std::make_unique<Hosts>()) {}
PatternIndex::~PatternIndex() = default;
PatternIndex::PatternIndex(PatternIndex&&) noexcept = default;
PatternIndex& PatternIndex::operator=(PatternIndex&&) noexcept = default;

void PatternIndex::add(const config::PathPattern& pattern, std::uint32_t value) {
    Node* node = nullptr;
    if (pattern.host.empty()) {
        if (!hosts_->any) hosts_->any.emplace();
        node = &*hosts_->any;
    } else if (pattern.host.starts_with("*.")) {
        node = &hosts_->below[pattern.host.substr(1)];
    } else {
        node = &hosts_->exact[pattern.host];
    }
    for (const Segment& segment : pattern.segments) {
        if (segment.kind == Segment::Kind::rest) {
            if (!node->rest) node->rest = value;
            return;
        }
        std::unique_ptr<Node>& next = segment.kind == Segment::Kind::literal ? node->literals[segment.text] : node->any;
        if (!next) next = std::make_unique<Node>();
        node = next.get();
    }
    if (!node->here) node->here = value;
}

// Calls found(value) for each pattern that selects, most specific first, until it returns true. Each node lies at one
// depth of one branch, so none is visited twice.
template <class F>
bool PatternIndex::descend(const Node& node, std::string_view rest, F& found) {
    if (rest.empty()) return node.here && found(*node.here);
    std::string_view after;
    const std::string_view segment = first_segment(rest, after);
    if (const auto it = node.literals.find(segment); it != node.literals.end()) {
        if (descend(*it->second, after, found)) return true;
    }
    if (node.any && descend(*node.any, after, found)) return true;
    return node.rest && found(*node.rest);
}

template <class F>
bool PatternIndex::visit(std::string_view host, std::string_view path, F&& found) const {
    if (!path.starts_with('/')) return false;
    if (const auto it = hosts_->exact.find(host); it != hosts_->exact.end()) {
        if (descend(it->second, path, found)) return true;
    }
    if (!hosts_->below.empty()) {
        for (std::size_t dot = host.find('.'); dot != std::string_view::npos; dot = host.find('.', dot + 1)) {
            if (dot == 0) continue;
            const auto it = hosts_->below.find(host.substr(dot));
            if (it != hosts_->below.end() && descend(it->second, path, found)) return true;
        }
    }
    return hosts_->any && descend(*hosts_->any, path, found);
}

std::optional<std::uint32_t> PatternIndex::find(std::string_view host, std::string_view path) const {
    std::optional<std::uint32_t> best;
    visit(host, path, [&](std::uint32_t value) {
        best = value;
        return true;
    });
    return best;
}

std::vector<std::uint32_t> PatternIndex::find_all(std::string_view host, std::string_view path) const {
    std::vector<std::uint32_t> all;
    visit(host, path, [&](std::uint32_t value) {
        all.push_back(value);
        return false;
    });
    return all;
}

bool selects(const config::PathPattern& pattern, std::string_view host, std::string_view path) {
    if (!host_selected(pattern.host, host) || !path.starts_with('/')) return false;
    std::string_view rest = path;
    for (const Segment& segment : pattern.segments) {
        if (rest.empty()) return false;
        if (segment.kind == Segment::Kind::rest) return true;
        const std::string_view text = first_segment(rest, rest);
        if (segment.kind == Segment::Kind::literal && text != segment.text) return false;
    }
    return rest.empty();
}

std::string_view captured(const config::PathPattern& pattern, std::string_view name, std::string_view path) {
    std::string_view rest = path;
    for (const Segment& segment : pattern.segments) {
        if (rest.empty() || segment.kind == Segment::Kind::rest) return {};
        const std::string_view text = first_segment(rest, rest);
        if (segment.kind == Segment::Kind::named && segment.text == name) return text;
    }
    return {};
}

std::string literal_prefix(const config::PathPattern& pattern) {
    std::string prefix;
    for (const Segment& segment : pattern.segments) {
        prefix += '/';
        if (segment.kind != Segment::Kind::literal) break;
        prefix += segment.text;
    }
    return prefix;
}

std::string_view host_of(std::string_view authority) {
    if (authority.starts_with('[')) {
        const std::size_t end = authority.find(']');
        return authority.substr(0, end == std::string_view::npos ? end : end + 1);
    }
    return authority.substr(0, authority.find(':'));
}

std::string why_before(const config::PathPattern& first, const config::PathPattern& second) {
    using Kind = config::Segment::Kind;
    if (first.host != second.host) {
        if (second.host.empty()) return "it names the host " + first.host;
        return "its host " + first.host + " is narrower than " + second.host;
    }
    const auto named = [](const config::Segment& segment) -> std::string {
        switch (segment.kind) {
            case Kind::literal:
                return "the literal " + segment.text;
            case Kind::rest:
                return "**";
            default:
                return "a placeholder";
        }
    };
    for (std::size_t i = 0; i < first.segments.size() && i < second.segments.size(); ++i) {
        const std::string one = named(first.segments[i]), other = named(second.segments[i]);
        if (one != other) return "segment " + std::to_string(i + 1) + " is " + one + ", there " + other;
    }
    return "it stands first";
}

}  // namespace larder::policy
