// JSON text for log lines and events: strings escaped so that whatever a peer sent stays one line of valid JSON.
#pragma once

#include <string>
#include <string_view>

namespace larder::proxy {

// Appends `text` as a JSON string with quotes, at most `most` bytes of it. Control characters and DEL are escaped, as
// are bytes that are not part of valid UTF-8 (as \u00XX) and U+2028/U+2029.
void append_json_string(std::string& out, std::string_view text, std::size_t most = 8192);

}  // namespace larder::proxy
