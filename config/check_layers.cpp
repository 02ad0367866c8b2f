#include <algorithm>
#include <filesystem>

#include "config/checks.h"
#include "config/settings.h"
#include "config/units.h"

namespace larder::config {
namespace {

constexpr std::uint64_t least_on_disk = 16 * MiB;

// Layers that say what they are made of, and have enough of it.
void check_technologies(const Subject& subject) {
    const auto& layers = subject.config.layers;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        if (layers[i].technology != Technology::memory && layers[i].technology != Technology::file_system) {
            subject.complain(element("layers", i, "technology"), "nothing",
                             "MEMORY or FILE_SYSTEM: a layer " + std::string(word(layers[i].layer_name)) +
                                 " has no usual technology; add one");
        } else if (layers[i].technology == Technology::file_system && layers[i].max_size_bytes < least_on_disk) {
            subject.complain(element("layers", i, "max_size_bytes"), show_size(layers[i].max_size_bytes),
                             "at least " + show_size(least_on_disk) + " for FILE_SYSTEM: raise it");
        }
    }
}

void check_names_and_levels(const Subject& subject) {
    const auto& layers = subject.config.layers;
    for (std::size_t i = 0; i < layers.size(); ++i) {
        for (std::size_t k = 0; k < i; ++k) {
            if (layers[i].layer_name == layers[k].layer_name) {
                subject.complain(element("layers", i, "layer_name"),
                                 "a second " + in_quotes(word(layers[i].layer_name)),
                                 "each name once: " + subject.line_of(element("layers", k, "layer_name")) +
                                     " has it; take another, such as L4_CDN or L5_EXTERNAL");
            } else if (layers[i].is_active && layers[k].is_active && layers[i].cache_level == layers[k].cache_level) {
                subject.complain(element("layers", i, "cache_level"), std::to_string(layers[i].cache_level),
                                 "a level of its own: " + std::string(word(layers[k].layer_name)) + " in " +
                                     subject.line_of(element("layers", k)) +
                                     " has it; change one or say is_active: false");
            }
        }
    }
}

bool is_within(const std::string& path, const std::string& directory) {
    return path == directory || path.starts_with(directory.ends_with('/') ? directory : directory + "/");
}

// By their text: a link between two directories is found when the layers are opened.
void check_directories(const Subject& subject) {
    const auto& layers = subject.config.layers;
    const auto absolute = [](const std::filesystem::path& path) {
        std::string text = path.lexically_normal().string();
        while (text.size() > 1 && text.ends_with('/')) text.pop_back();
        return text;
    };
    const std::string data = absolute(subject.config.data_dir);
    std::vector<std::string> paths(layers.size());
    for (std::size_t i = 0; i < layers.size(); ++i) {
        if (layers[i].technology != Technology::file_system) continue;
        paths[i] = absolute(std::filesystem::path(subject.config.data_dir) / layers[i].file_system.path);
        const std::string field = element("layers", i, "connection_config.path");
        if (is_within(data, paths[i])) {
            subject.complain(field, in_quotes(layers[i].file_system.path),
                             "a directory of the layer's own: data_dir, " + in_quotes(data) +
                                 ", lies in this one; name another, such as objects");
        }
        for (std::size_t k = 0; k < i; ++k) {
            if (paths[k].empty() || (!is_within(paths[i], paths[k]) && !is_within(paths[k], paths[i]))) continue;
            subject.complain(field, in_quotes(layers[i].file_system.path),
                             "a directory of the layer's own: " + std::string(word(layers[k].layer_name)) + " in " +
                                 subject.line_of(element("layers", k)) + " has " +
                                 in_quotes(layers[k].file_system.path) + "; give connection_config another path");
            break;
        }
    }
}

}  // namespace

void check_layers(const Subject& subject) {
    if (subject.complaints.about("layers")) return;
    check_technologies(subject);
    check_names_and_levels(subject);
    check_directories(subject);
    std::uint64_t in_memory = 0;
    std::size_t largest = 0;  // of those in memory
    for (std::size_t i = 0; i < subject.config.layers.size(); ++i) {
        const Layer& layer = subject.config.layers[i];
        if (!layer.is_active || layer.technology != Technology::memory) continue;
        if (in_memory == 0 || layer.max_size_bytes > subject.config.layers[largest].max_size_bytes) largest = i;
        in_memory += layer.max_size_bytes;
    }
    const bool memory_written = subject.document.find("memory") && !subject.complaints.about("memory");
    if (memory_written && in_memory > subject.config.memory) {
        subject.complain(element("layers", largest, "max_size_bytes"), show_size(in_memory) + " in MEMORY layers",
                         "less than memory, which is " + show_size(subject.config.memory) +
                             ": lower max_size_bytes or raise memory");
    }
}

std::uint64_t memory_of_layers(const Config& config) {
    std::uint64_t bytes = 0;
    for (const Layer& layer : config.layers) {
        if (layer.is_active && layer.technology == Technology::memory) bytes += layer.max_size_bytes;
    }
    return bytes;
}

void check_running(const Subject& subject, const Config& running) {
    const auto check = [&subject](const char* name, bool flagged, const std::string& next, const std::string& now) {
        if (next == now || subject.complaints.about(name)) return;
        std::string expected = in_quotes(now) + ", as it is running with; restart to change it";
        if (flagged) return subject.complaints.add_flag(name, in_quotes(next), std::move(expected));
        subject.complain(name, in_quotes(next), std::move(expected));
    };
    check("data_dir", !subject.flags.data_dir.empty(), subject.config.data_dir, running.data_dir);
    check("threads", subject.flags.threads.has_value(), std::to_string(subject.config.threads),
          std::to_string(running.threads));
}

}  // namespace larder::config
