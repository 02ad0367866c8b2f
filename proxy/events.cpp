#include "proxy/events.h"

#include <chrono>

#include "proxy/json.h"
#include "proxy/timestamp.h"

namespace larder::proxy {

void Events::emit(std::string_view event, std::initializer_list<Pair> details) {
    using namespace std::chrono;
    std::string line = "{\"ts\":\"";
    append_timestamp(line, duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
    line += "\",\"event\":";
    append_json_string(line, event);
    for (const auto& [name, value] : details) {
        line += ',';
        append_json_string(line, name);
        line += ':';
        if (const auto* text = std::get_if<std::string>(&value)) {
            append_json_string(line, *text);
        } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
            line += std::to_string(*number);
        } else {
            line += std::get<bool>(value) ? "true" : "false";
        }
    }
    line += "}\n";
    const std::lock_guard lock(mutex_);
    std::fwrite(line.data(), 1, line.size(), out_);
    std::fflush(out_);
}

}  // namespace larder::proxy
