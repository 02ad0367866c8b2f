// Kinds of value. A form reads a node into a value or complains; its type() is both what the complaint expects and what
// the reference page says. read(), type(), show() and below() are what every form has.
#pragma once

#include <chrono>
#include <concepts>
#include <limits>
#include <set>
#include <utility>

#include "config/address.h"
#include "config/characters.h"
#include "config/reader.h"
#include "config/units.h"
#include "config/words.h"

namespace larder::config {

// A form that makes its value of one scalar: Derived has parse(const Node&) -> std::optional<V>.
template <class Derived, class V>
struct Scalar {
    using Value = V;

    void read(Reader& reader, const Node& node, V& out) const {
        const Derived& self = static_cast<const Derived&>(*this);
        if (node.kind == Node::Kind::scalar) {
            if (auto value = self.parse(node)) {
                out = std::move(*value);
                return;
            }
        }
        reader.complain(node, self.type() + (node.kind == Node::Kind::scalar ? self.hint(node) : ""));
    }
    std::vector<Doc> below() const { return {}; }
    // What was meant, for the end of a complaint; or "". A form may have its own.
    std::string hint(const Node&) const { return ""; }
};

// Any text without control characters.
struct Text : Scalar<Text, std::string> {
    explicit Text(std::size_t most, std::size_t least = 1) : most(most), least(least) {}
    std::size_t most, least;  // characters

    std::optional<std::string> parse(const Node&) const;
    std::string type() const;
    std::string show(const std::string& text) const { return text; }
};

struct Flag : Scalar<Flag, bool> {
    std::optional<bool> parse(const Node&) const;
    std::string type() const { return "true or false"; }
    std::string show(bool value) const { return value ? "true" : "false"; }
    std::string hint(const Node&) const;
};

// Digits without quotes.
std::optional<std::uint64_t> parse_number(const Node&, std::uint64_t least, std::uint64_t most);
// That the quotes are what is wrong, or "".
template <class F>
std::string quotes_hint(const F& form, const Node& node) {
    if (node.plain) return "";
    Node bare = node;
    bare.plain = true;
    return form.parse(bare) ? "; remove the quotes" : "";
}

template <std::integral T>
struct Number : Scalar<Number<T>, T> {
    Number(T least, T most) : least(least), most(most) {}
    T least, most;

    std::optional<T> parse(const Node& node) const {
        const auto number = parse_number(node, static_cast<std::uint64_t>(least), static_cast<std::uint64_t>(most));
        return number ? std::optional(static_cast<T>(*number)) : std::nullopt;
    }
    std::string type() const { return "a whole number from " + std::to_string(least) + " to " + std::to_string(most); }
    std::string show(T value) const { return std::to_string(value); }
    std::string hint(const Node& node) const { return quotes_hint(*this, node); }
};

struct Size : Scalar<Size, std::uint64_t> {
    Size(std::uint64_t least, std::uint64_t most) : least(least), most(most) {}
    std::uint64_t least, most;  // bytes

    std::optional<std::uint64_t> parse(const Node&) const;
    std::string type() const;
    std::string show(std::uint64_t bytes) const { return show_size(bytes); }
    std::string hint(const Node&) const;
};

struct Duration : Scalar<Duration, milliseconds> {
    Duration(milliseconds least, milliseconds most) : least(least), most(most) {}
    milliseconds least, most;

    std::optional<milliseconds> parse(const Node&) const;
    std::string type() const;
    std::string show(milliseconds duration) const { return show_duration(duration); }
    std::string hint(const Node&) const;
};

// A duration in whole seconds; a number without unit means seconds.
struct Seconds : Scalar<Seconds, seconds> {
    Seconds(seconds least, seconds most) : least(least), most(most) {}
    seconds least, most;

    std::optional<seconds> parse(const Node&) const;
    std::string type() const;
    std::string show(seconds duration) const { return show_duration(duration); }
    std::string hint(const Node&) const;
};

// Seconds kept in a plain number.
struct SecondsCount : Scalar<SecondsCount, std::uint32_t> {
    explicit SecondsCount(Seconds form) : form(form) {}
    Seconds form;

    std::optional<std::uint32_t> parse(const Node& node) const {
        const auto value = form.parse(node);
        return value ? std::optional(static_cast<std::uint32_t>(value->count())) : std::nullopt;
    }
    std::string type() const { return form.type(); }
    std::string show(std::uint32_t count) const { return form.show(seconds(count)); }
    std::string hint(const Node& node) const { return form.hint(node); }
};

// Text with a shape: `shape` gives the value, canonical where there are several spellings, or nullopt.
template <class V>
struct Shaped : Scalar<Shaped<V>, V> {
    using Shape = std::optional<V> (*)(std::string_view);
    Shaped(Shape shape, std::string what) : shape(shape), what(std::move(what)) {}
    Shape shape;
    std::string what;

    std::optional<V> parse(const Node& node) const { return shape(node.text); }
    std::string type() const { return what; }
    std::string show(const V& value) const {
        if constexpr (std::same_as<V, std::string>) {
            return value;
        } else {
            return to_string(value);
        }
    }
};

// A word of an enumeration. Words of features that this version does not have are known, and refused.
template <class E>
struct OneOf {
    using Value = E;
    OneOf() {
        for (const Word<E>& word : words<E>()) available.push_back(word.value);
    }
    OneOf(std::initializer_list<E> available) : available(available) {}
    std::vector<E> available;

    void read(Reader& reader, const Node& node, E& out) const {
        const auto value = node.kind == Node::Kind::scalar ? enumerator<E>(node.text) : std::nullopt;
        if (!value) {
            const auto meant = node.kind == Node::Kind::scalar ? nearest(node.text, texts()) : std::string();
            reader.complain(node, type() + did_you_mean(meant));
        } else if (std::find(available.begin(), available.end(), *value) == available.end()) {
            reader.complain(node,
                            type() + " (" + node.text + " is not available in this version; use " + list(" or ") + ")");
        } else {
            out = *value;
        }
    }
    std::string type() const { return (available.size() > 1 ? "one of " : "") + list(", "); }
    std::string show(E value) const { return word(value); }
    std::vector<Doc> below() const { return {}; }

  private:
    std::vector<std::string> texts() const {
        std::vector<std::string> all;
        for (E value : available) all.push_back(word(value));
        return all;
    }
    std::string list(const char* separator) const {
        std::string all;
        for (const std::string& text : texts()) all += (all.empty() ? "" : separator) + text;
        return all;
    }
};

// A URL pattern (pattern.h), kept as text.
struct UrlPattern {
    using Value = std::string;
    enum class Part { whole, path };  // path: neither host nor query selection
    explicit UrlPattern(Part part) : part(part) {}
    Part part;

    void read(Reader&, const Node&, std::string& out) const;
    std::string type() const;
    std::string show(const std::string& text) const { return text; }
    std::vector<Doc> below() const { return {}; }
};

// `name: value, other: value`, or none.
template <class Fields, class Show>
std::string listed(const Fields& fields, Show show) {
    std::string all;
    for (const auto& [name, value] : fields) all += (all.empty() ? "" : ", ") + name + ": " + show(value);
    return all.empty() ? "none" : all;
}

// Names and values of fields that Larder sets.
struct FieldValues {
    using Value = std::vector<std::pair<std::string, std::string>>;
    void read(Reader&, const Node&, Value& out) const;
    std::string type() const { return "a mapping of field names to values"; }
    std::string show(const Value& fields) const {
        return listed(fields, [](const std::string& value) { return value; });
    }
    std::vector<Doc> below() const { return {}; }
};

// What is done with the fields that responses vary by; names in lower case.
struct VaryPolicies {
    using Value = std::vector<std::pair<std::string, VaryPolicy>>;
    void read(Reader&, const Node&, Value& out) const;
    std::string type() const { return "a mapping of field names to " + OneOf<VaryPolicy>().type(); }
    std::string show(const Value& fields) const {
        return listed(fields, [](VaryPolicy value) { return word(value); });
    }
    std::vector<Doc> below() const { return {}; }
};

// A mapping with the settings of a struct.
template <class S>
struct Group {
    using Value = S;
    void read(Reader& reader, const Node& node, S& out) const { read_settings(reader, node, out); }
    std::string type() const { return "a mapping"; }
    std::string show(const S&) const { return ""; }
    std::vector<Doc> below() const {
        std::vector<Doc> docs;
        for (const Setting<S>& setting : settings<S>()) docs.push_back(setting.doc);
        return docs;
    }
};

// A value that failed keeps its place, so that indices agree with the file's. Scalars may stand there once only.
template <class F>
struct List {
    using Value = std::vector<typename F::Value>;
    List(F form, std::size_t least, std::size_t most) : form(std::move(form)), least(least), most(most) {}
    F form;
    std::size_t least, most;

    void read(Reader& reader, const Node& node, Value& out) const {
        out.clear();
        const bool is_list = node.kind == Node::Kind::sequence || (node.kind == Node::Kind::null && least == 0);
        if (!is_list) return reader.complain(node, type() + ": put \"- \" before each, or brackets around all");
        if (node.items.size() < least) return reader.complain(node, type());
        if (node.items.size() > most) {
            return reader.complain(node.place, "a list of " + std::to_string(node.items.size()), type());
        }
        std::set<std::string> seen;
        for (std::size_t i = 0; i < node.items.size(); ++i) {
            const Reader::Step step(reader, i);
            out.emplace_back();
            const std::size_t complaints = reader.complaint_count();
            form.read(reader, node.items[i], out.back());
            if (node.items[i].kind != Node::Kind::scalar || reader.complaint_count() > complaints) continue;
            if (!seen.insert(lower_case(form.show(out.back()))).second) {
                reader.complain(node.items[i].place, "a second " + in_quotes(node.items[i].text),
                                "each once: remove it");
            }
        }
    }
    std::string type() const {
        return "a list" + (least > 0 ? " of at least " + std::to_string(least) + ", and" : " of") + " at most " +
               std::to_string(most) + ", each " + form.type();
    }
    std::string show(const Value& values) const {
        std::string all;
        for (const auto& value : values) all += (all.empty() ? "" : ", ") + form.show(value);
        return all.empty() ? "none" : all;
    }
    std::vector<Doc> below() const { return form.below(); }
};

// The setting that a form reads into a member.
template <class S, class M, class F>
Setting<S> setting(std::string name, M S::*member, F form, std::string text) {
    using V = typename F::Value;
    const S standard{};
    Setting<S> made;
    made.doc = {std::move(name), form.type(), "", std::move(text), form.below()};
    if constexpr (std::same_as<M, std::optional<V>>) {
        made.doc.standard = standard.*member ? form.show(*(standard.*member)) : "none";
    } else {
        made.doc.standard = form.show(standard.*member);
    }
    made.read = [member, form = std::move(form)](Reader& reader, const Node& node, S& out) {
        if constexpr (std::same_as<M, std::optional<V>>) {
            form.read(reader, node, (out.*member).emplace());
        } else {
            form.read(reader, node, out.*member);
        }
    };
    return made;
}

// A setting of the model that this version does not have, or has only switched off.
template <class S>
Setting<S> refused(std::string name, std::string cure) {
    Setting<S> made;
    made.doc = {std::move(name), "not in this version", "", cure, {}};
    made.read = [cure](Reader& reader, const Node& node, S&) { reader.complain(node, "no such setting: " + cure); };
    return made;
}

template <class S>
Setting<S> only_false(std::string name, std::string cure) {
    Setting<S> made;
    made.doc = {std::move(name), "false", "false", cure, {}};
    made.read = [cure](Reader& reader, const Node& node, S&) {
        const auto value = node.kind == Node::Kind::scalar ? Flag().parse(node) : std::nullopt;
        if (!value || *value) reader.complain(node, "false: " + cure);
    };
    return made;
}

}  // namespace larder::config
