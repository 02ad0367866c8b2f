// Any text is read into a configuration that agrees with itself, or into complaints that can be shown.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/load.h"
#include "config/pattern.h"

using namespace larder::config;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

bool is_printable(std::string_view text) {
    for (char c : text) {
        if (c < 0x20 || c == 0x7f) return false;
    }
    return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const Loaded loaded = load(text, "fuzz.yaml", {});
    if (const auto* complaints = std::get_if<std::vector<Complaint>>(&loaded)) {
        require(!complaints->empty() && complaints->size() <= 50);
        for (const Complaint& complaint : *complaints) require(is_printable(to_string(complaint)));
    } else {
        const Config& config = std::get<Config>(loaded);
        require(!config.listeners.empty() && !config.upstreams.empty() && !config.layers.empty());
        for (const Strategy& strategy : config.strategies) {
            require(std::holds_alternative<PathPattern>(parse_pattern(strategy.cache_key_pattern)));
        }
    }
    const auto pattern = parse_pattern(text);
    if (const auto* error = std::get_if<PatternError>(&pattern)) require(error->position <= size);
    return 0;
}
