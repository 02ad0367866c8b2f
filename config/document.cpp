#include "config/document.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <istream>
#include <map>
#include <optional>
#include <streambuf>

#include "config/characters.h"
#include "config/syntax.h"

namespace larder::config {
namespace {

Place place_at(const YAML::Mark& mark) {
    return mark.is_null() ? Place{} : Place{mark.line + 1, mark.column + 1};
}

struct Cost {
    std::size_t nodes = 0;
    std::size_t bytes = 0;
};

Cost cost_of(const Node& node) {
    Cost cost{1, node.text.size()};
    const auto add = [&cost](const Node& below, std::size_t key_bytes) {
        const Cost more = cost_of(below);
        cost.nodes += more.nodes;
        cost.bytes += more.bytes + key_bytes;
    };
    for (const Node& item : node.items) add(item, 0);
    for (const Entry& entry : node.entries) add(entry.value, entry.key.size());
    return cost;
}

// Builds the tree from the parser's events. Throws Stop.
class Builder : public YAML::EventHandler {
  public:
    Node take_root() { return std::move(root_); }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ > 1)
            throw Stop{place_at(mark), "a second document",
                       "one document: remove the --- line, or mend the indentation"};
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        Node node;
        node.place = place_at(mark);
        finish(std::move(node), anchor);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto known = anchors_.find(anchor);
        if (known == anchors_.end()) throw Stop{place_at(mark), "an alias inside what it names", "no such circle"};
        charge(cost_of(known->second), place_at(mark));
        finish(Node(known->second), 0);
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& text) override {
        if (tag != "?" && tag != "!" && !tag.empty()) refuse_tag(mark, tag);
        Node node;
        node.kind = Node::Kind::scalar;
        node.place = place_at(mark);
        node.plain = tag == "?";
        node.text = text;
        finish(std::move(node), anchor);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        begin(Node::Kind::sequence, mark, tag, anchor);
    }
    void OnSequenceEnd() override { end(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        begin(Node::Kind::mapping, mark, tag, anchor);
    }
    void OnMapEnd() override { end(); }

  private:
    struct Open {
        Node node;
        YAML::anchor_t anchor;
        std::optional<Entry> entry;  // a key that waits for its value
    };

    [[noreturn]] static void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
        throw Stop{place_at(mark), "the tag " + in_quotes(tag), "a value without a tag"};
    }

    void begin(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        if (tag != "?" && tag != "!" && !tag.empty()) refuse_tag(mark, tag);
        if (open_.size() == document_depth_limit) {
            throw Stop{place_at(mark), "more than 32 levels", "less nesting; no setting needs it"};
        }
        Open open{{}, anchor, std::nullopt};
        open.node.kind = kind;
        open.node.place = place_at(mark);
        open_.push_back(std::move(open));
    }

    void end() {
        Open open = std::move(open_.back());
        open_.pop_back();
        finish(std::move(open.node), open.anchor);
    }

    void charge(Cost cost, Place place) {
        cost_.nodes += cost.nodes;
        cost_.bytes += cost.bytes;
        if (cost_.nodes > document_nodes_limit) {
            throw Stop{place, "more than 500000 values, aliases expanded", "a smaller configuration"};
        }
        if (cost_.bytes > document_expanded_limit) {
            throw Stop{place, "more than 64MiB of text, aliases expanded", "a smaller configuration"};
        }
    }

    void finish(Node node, YAML::anchor_t anchor) {
        charge({1, node.text.size()}, node.place);
        if (anchor != 0) {
            charge(cost_of(node), node.place);
            anchors_.insert_or_assign(anchor, node);
        }
        if (open_.empty()) {
            root_ = std::move(node);
            return;
        }
        Open& parent = open_.back();
        if (parent.node.kind == Node::Kind::sequence) {
            parent.node.items.push_back(std::move(node));
        } else if (parent.entry) {
            if (node.kind == Node::Kind::null) node.place = parent.entry->place;
            parent.entry->value = std::move(node);
            parent.node.entries.push_back(std::move(*parent.entry));
            parent.entry.reset();
        } else if (node.kind == Node::Kind::scalar) {
            parent.entry = Entry{std::move(node.text), node.place, {}};
        } else {
            throw Stop{node.place, describe(node) + " as a key", "a name, a colon and a value"};
        }
    }

    std::vector<Open> open_;
    std::map<YAML::anchor_t, Node> anchors_;
    Node root_;
    Cost cost_;
    int documents_ = 0;
};

class Source : public std::streambuf {
  public:
    explicit Source(std::string& text) { setg(text.data(), text.data(), text.data() + text.size()); }
};

}  // namespace

const Node* Node::find(std::string_view key) const {
    const auto found = std::ranges::find(entries, key, &Entry::key);
    return found == entries.end() ? nullptr : &found->value;
}

std::variant<Node, Complaint> parse_document(std::string_view text, const std::string& file) {
    const auto complaint = [&file](const Stop& stop) {
        return Complaint{file, stop.place.line, stop.place.column, "", stop.found, stop.expected};
    };
    if (const auto stop = not_parsable(text)) return complaint(*stop);
    // With white space at the end the parser would take a quote that is never closed for closed.
    std::string copy(text.substr(0, text.find_last_not_of(" \t\r\n") + 1));
    Source source(copy);
    std::istream stream(&source);
    try {
        YAML::Parser parser(stream);
        Builder builder;
        while (parser.HandleNextDocument(builder)) {
        }
        return builder.take_root();
    } catch (const Stop& stop) {
        return complaint(stop);
    } catch (const YAML::Exception& error) {
        return complaint(explain(text, place_at(error.mark), error.msg));
    } catch (const std::exception& error) {
        return complaint({{}, std::string("a syntax error (") + printable(error.what()) + ")", "YAML"});
    }
}

namespace {

// Follows the field from the root, and calls `at` with each node on the way. True: all of it is there.
template <class At>
bool follow(const Node& root, std::string_view field, At at) {
    const Node* node = &root;
    at(*node);
    while (!field.empty()) {
        if (field.front() == '[') {
            std::size_t index = 0;
            const auto [end, error] = std::from_chars(field.data() + 1, field.data() + field.size(), index);
            if (error != std::errc() || index >= node->items.size()) return false;
            node = &node->items[index];
            field.remove_prefix(static_cast<std::size_t>(end - field.data()) + 1);
        } else {
            if (field.front() == '.') field.remove_prefix(1);
            const std::size_t end = std::min(field.find_first_of(".["), field.size());
            const Node* below = node->find(field.substr(0, end));
            if (!below) return false;
            node = below;
            field.remove_prefix(end);
        }
        at(*node);
    }
    return true;
}

}  // namespace

Place place_of(const Node& root, std::string_view field) {
    Place place;
    follow(root, field, [&place](const Node& node) { place = node.place; });
    return place;
}

bool is_there(const Node& root, std::string_view field) {
    return follow(root, field, [](const Node&) {});
}

std::string describe(const Node& node) {
    switch (node.kind) {
        case Node::Kind::null:
            return "nothing";
        case Node::Kind::scalar:
            return in_quotes(node.text);
        case Node::Kind::sequence:
            return node.items.empty() ? "an empty list" : "a list";
        case Node::Kind::mapping:
            return node.entries.empty() ? "an empty mapping" : "a mapping";
    }
    return "";
}

}  // namespace larder::config
