// JSON text: strings escaped so that whatever a peer sent stays one line of valid JSON.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace larder::proxy {

// Appends `text` as a JSON string with quotes, at most `most` bytes of it. Control characters and DEL are escaped, as
// are bytes that are not part of valid UTF-8 (as \u00XX) and U+2028/U+2029.
void append_json_string(std::string& out, std::string_view text, std::size_t most = 8192);

// An object, one member after another in the order of the calls.
class JsonObject {
  public:
    // Appends to `out`, which outlives it and gets nothing else meanwhile.
    explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }

    JsonObject& text(std::string_view name, std::string_view value);
    JsonObject& number(std::string_view name, std::uint64_t value);
    JsonObject& boolean(std::string_view name, bool value) { return json(name, value ? "true" : "false"); }
    JsonObject& null(std::string_view name) { return json(name, "null"); }
    // A value that is JSON already.
    JsonObject& json(std::string_view name, std::string_view value);
    template <class Texts>
    JsonObject& texts(std::string_view name, const Texts& values) {
        begin(name);
        char before = '[';
        for (const auto& value : values) {
            out_ += before;
            before = ',';
            append_json_string(out_, value, std::string::npos);
        }
        out_ += before == '[' ? "[]" : "]";
        return *this;
    }
    void close() { out_ += '}'; }

  private:
    void begin(std::string_view name);

    std::string& out_;
    bool first_ = true;
};

}  // namespace larder::proxy
