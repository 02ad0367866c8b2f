#include "config/load.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "config/checks.h"
#include "config/document.h"
#include "config/flags.h"
#include "config/memory.h"
#include "config/settings.h"

namespace larder::config {
namespace {

void complete_layers(const Node& document, Config& config) {
    if (config.layers.empty()) {
        Layer memory;
        memory.max_size_bytes = config.memory / 4;
        memory.display_name = word(memory.layer_name);
        config.layers.push_back(std::move(memory));
        Layer disk;
        disk.layer_name = LayerName::l3_database;
        disk.technology = Technology::file_system;
        disk.display_name = word(disk.layer_name);
        disk.cache_level = 3;
        disk.max_size_bytes = 10 * GiB;
        disk.default_ttl_seconds = 3600;
        config.layers.push_back(std::move(disk));
        return;
    }
    const Node* written = document.find("layers");
    for (std::size_t i = 0; i < config.layers.size(); ++i) {
        Layer& layer = config.layers[i];
        if (layer.display_name.empty()) layer.display_name = word(layer.layer_name);
        if (!written->items[i].find("cache_level")) layer.cache_level = static_cast<int>(layer.layer_name) + 1;
    }
}

// What no layer holds has a share of the process's memory too, beside the MEMORY layers.
void complete_limits(const Node& document, Config& config) {
    const Node* limits = document.find("limits");
    if (limits && limits->find("fills_bytes")) return;
    const std::uint64_t layers = std::min(memory_of_layers(config), config.memory);
    const std::uint64_t share = std::min({config.limits.fills_bytes, config.memory / 4, config.memory - layers});
    config.limits.fills_bytes = std::max(share, 1 * MiB);
}

void complete_strategies(const Node& document, Config& config) {
    const Node* written = document.find("strategies");
    if (written && written->kind != Node::Kind::null) return;
    const Layer* slowest = nullptr;
    for (const Layer& layer : config.layers) {
        if (layer.is_active && (!slowest || layer.cache_level > slowest->cache_level)) slowest = &layer;
    }
    if (!slowest) return;  // nowhere to keep anything: a proxy without a cache
    Strategy strategy;
    strategy.strategy_name = "default";
    strategy.cache_layer = slowest->layer_name;
    config.strategies.push_back(std::move(strategy));
}

// `running`: nullptr at the start.
Loaded read(std::string_view text, const std::string& name, const Flags& flags, const Config* running,
            std::vector<Complaint>* warnings) {
    const std::string file = name.empty() ? "command line" : name;
    auto parsed = parse_document(text, file);
    if (const auto* complaint = std::get_if<Complaint>(&parsed)) return std::vector{*complaint};
    const Node& document = std::get<Node>(parsed);
    Complaints complaints(file);
    Reader reader(complaints);
    Config config;
    read_settings(reader, document, config);
    apply_flags(flags, config, complaints);
    if (config.memory == 0) config.memory = available_memory();
    complete_layers(document, config);
    complete_limits(document, config);
    complete_strategies(document, config);
    Complaints doubts(file);
    const Subject subject{config, flags, document, complaints, doubts};
    check_network(subject);
    check_layers(subject);
    check_strategies(subject);
    if (running) check_running(subject, *running);
    if (!complaints.empty()) return std::move(complaints).take();
    if (warnings) {
        warn_of_doubts(subject);
        *warnings = std::move(doubts).take();
    }
    return config;
}

const char* cure(int error) {
    switch (error) {
        case ENOENT:
        case ENOTDIR:
            return "a configuration file: check the path";
        case EISDIR:
            return "a configuration file: name the file in that directory";
        case EACCES:
            return "a configuration file that this user may read: change its owner or its mode";
        default:
            return "a configuration file that can be read";
    }
}

Loaded read_file(const std::string& path, const Flags& flags, const Config* running, std::vector<Complaint>* warnings) {
    const auto unreadable = [&path](std::string found) {
        return std::vector{Complaint{path, 0, 0, "", std::move(found), cure(errno)}};
    };
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file) return unreadable(errno ? std::strerror(errno) : "no file");
    std::string text;
    char piece[64 * KiB];
    // One byte more than allowed is enough to see that it is too much.
    while (text.size() <= document_bytes_limit && (file.read(piece, sizeof piece), file.gcount() > 0)) {
        text.append(piece, static_cast<std::size_t>(file.gcount()));
    }
    if (file.bad()) return unreadable(errno ? std::strerror(errno) : "an error while reading");
    return read(text, path, flags, running, warnings);
}

}  // namespace

Loaded load(std::string_view text, const std::string& name, const Flags& flags, std::vector<Complaint>* warnings) {
    return read(text, name, flags, nullptr, warnings);
}

Loaded load_file(const std::string& path, const Flags& flags, std::vector<Complaint>* warnings) {
    return read_file(path, flags, nullptr, warnings);
}

Loaded load_for_reload(const Config& running, const std::string& path, const Flags& flags,
                       std::vector<Complaint>* warnings) {
    return path.empty() ? read("", "", flags, &running, warnings) : read_file(path, flags, &running, warnings);
}

}  // namespace larder::config
