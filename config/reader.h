// How a tree becomes structs: each struct has a list of settings, and each setting reads its own value, or complains.
// The lists stand in settings_*.cpp; the kinds of value they use in forms.h.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/complaints.h"
#include "config/document.h"

namespace larder::config {

// A setting as the reference page shows it.
struct Doc {
    std::string name;
    std::string type;      // type, unit and range; also what a complaint expects
    std::string standard;  // the default; "required" if there is none
    std::string text;      // what it does, and what follows from setting it
    std::vector<Doc> below;
};

// Knows where it is, so that a complaint can say so.
class Reader {
  public:
    explicit Reader(Complaints& complaints) : complaints_(complaints) {}

    // While it lives, complaints are about a field below the present one.
    class Step {
      public:
        Step(Reader& reader, std::string_view name) : reader_(reader), length_(reader.field_.size()) {
            if (length_ > 0) reader.field_ += '.';
            reader.field_ += name;
        }
        Step(Reader& reader, std::size_t index) : reader_(reader), length_(reader.field_.size()) {
            reader.field_ += '[' + std::to_string(index) + ']';
        }
        ~Step() { reader_.field_.resize(length_); }
        Step(const Step&) = delete;
        Step& operator=(const Step&) = delete;

      private:
        Reader& reader_;
        std::size_t length_;
    };

    void complain(const Node& node, std::string expected) { complain(node.place, describe(node), std::move(expected)); }
    void complain(Place place, std::string found, std::string expected) {
        complaints_.add(place, field_, std::move(found), std::move(expected));
    }

    std::size_t complaint_count() const { return complaints_.count(); }

    // Whether it is a mapping (or null: one without entries); complains about others, and about double keys. `name` is
    // one that it may have, for an example.
    bool accept_mapping(const Node&, const std::string& name);
    // Complains about keys that are not among the settings.
    void refuse_unknown(const Node&, const std::vector<const Doc*>& settings);

  private:
    Complaints& complaints_;
    std::string field_;
};

template <class S>
struct Setting {
    Doc doc;
    bool is_required = false;
    std::function<void(Reader&, const Node&, S&)> read;

    Setting required() && {
        is_required = true;
        doc.standard = "required";
        return std::move(*this);
    }
    // For a default that is no constant.
    Setting standard(std::string text) && {
        doc.standard = std::move(text);
        return std::move(*this);
    }
};

template <class S>
using Settings = std::vector<Setting<S>>;

// The settings of a struct of config.h: one specialisation each, in settings_*.cpp.
template <class S>
const Settings<S>& settings();

template <class S>
void read_settings(Reader& reader, const Node& node, S& out) {
    if (!reader.accept_mapping(node, settings<S>().front().doc.name)) return;
    std::vector<const Doc*> docs;
    for (const Setting<S>& setting : settings<S>()) {
        docs.push_back(&setting.doc);
        const Reader::Step step(reader, setting.doc.name);
        if (const Node* value = node.find(setting.doc.name)) {
            setting.read(reader, *value, out);
        } else if (setting.is_required) {
            reader.complain(node.place, "nothing", setting.doc.type + ": it is required");
        }
    }
    reader.refuse_unknown(node, docs);
}

}  // namespace larder::config
