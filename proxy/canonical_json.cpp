#include "proxy/canonical_json.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <utility>
#include <vector>

#include "proxy/json.h"

namespace larder::proxy {
namespace {

namespace json = boost::json;

// Takes the parser's events, and writes each value when it is whole.
class Writer {
  public:
    static constexpr std::size_t max_object_size = ~std::size_t{0};
    static constexpr std::size_t max_array_size = ~std::size_t{0};
    static constexpr std::size_t max_key_size = ~std::size_t{0};
    static constexpr std::size_t max_string_size = ~std::size_t{0};

    bool on_document_begin(json::error_code&) { return true; }
    bool on_document_end(json::error_code&) { return true; }

    bool on_object_begin(json::error_code&) {
        open_.push_back({true, {}, {}});
        return true;
    }
    bool on_object_end(std::size_t, json::error_code& error) {
        Container object = std::move(open_.back());
        open_.pop_back();
        auto& members = object.members;
        std::sort(members.begin(), members.end());
        const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
        if (std::adjacent_find(members.begin(), members.end(), same) != members.end()) {
            error = json::error::extra_data;  // any: it is given up
            return false;
        }
        std::string text = "{";
        for (const auto& [name, value] : members) {
            if (text.size() > 1) text += ',';
            append_json_string(text, name, std::string::npos);
            text.append(":").append(value);
        }
        text += '}';
        return take(std::move(text));
    }
    bool on_array_begin(json::error_code&) {
        open_.push_back({false, {}, {}});
        return true;
    }
    bool on_array_end(std::size_t, json::error_code&) {
        Container array = std::move(open_.back());
        open_.pop_back();
        std::string text = "[";
        for (const auto& member : array.members) {
            if (text.size() > 1) text += ',';
            text += member.second;
        }
        text += ']';
        return take(std::move(text));
    }

    bool on_key_part(json::string_view part, std::size_t, json::error_code&) { return add(part); }
    bool on_key(json::string_view part, std::size_t, json::error_code&) {
        add(part);
        open_.back().name = std::exchange(partial_, {});
        return true;
    }
    bool on_string_part(json::string_view part, std::size_t, json::error_code&) { return add(part); }
    bool on_string(json::string_view part, std::size_t, json::error_code&) {
        add(part);
        std::string text;
        append_json_string(text, partial_, std::string::npos);
        partial_.clear();
        return take(std::move(text));
    }

    bool on_number_part(json::string_view part, json::error_code&) { return add(part); }
    bool on_int64(std::int64_t, json::string_view part, json::error_code&) { return number(part); }
    bool on_uint64(std::uint64_t, json::string_view part, json::error_code&) { return number(part); }
    bool on_double(double, json::string_view part, json::error_code&) { return number(part); }
    bool on_bool(bool value, json::error_code&) { return take(value ? "true" : "false"); }
    bool on_null(json::error_code&) { return take("null"); }

    bool on_comment_part(json::string_view, json::error_code&) { return true; }
    bool on_comment(json::string_view, json::error_code&) { return true; }

    std::string result;

  private:
    struct Container {
        bool object = false;
        std::string name;                                          // of the member that comes next
        std::vector<std::pair<std::string, std::string>> members;  // names are empty in an array
    };

    bool add(json::string_view part) {
        partial_.append(part.data(), part.size());
        return true;
    }
    bool number(json::string_view part) {
        add(part);
        return take(std::exchange(partial_, {}));
    }
    bool take(std::string text) {
        if (open_.empty()) {
            result = std::move(text);
        } else {
            Container& in = open_.back();
            in.members.emplace_back(in.object ? std::exchange(in.name, {}) : std::string(), std::move(text));
        }
        return true;
    }

    std::vector<Container> open_;
    std::string partial_;  // of a string or number that comes in parts
};

}  // namespace

std::optional<std::string> canonical_json_text(std::string_view text) {
    json::parse_options options;
    options.max_depth = 64;
    json::basic_parser<Writer> parser(options);
    json::error_code error;
    const std::size_t taken = parser.write_some(false, text.data(), text.size(), error);
    if (error || taken != text.size() || !parser.done()) return std::nullopt;
    return std::move(parser.handler().result);
}

}  // namespace larder::proxy
