// What must hold between the parts of a configuration, once each part is right by itself.
#pragma once

#include <algorithm>
#include <string>

#include "config/complaints.h"
#include "config/document.h"
#include "config/load.h"

namespace larder::config {

// What was read, completed and changed by flags, with where it came from.
struct Subject {
    const Config& config;
    const Flags& flags;
    const Node& document;
    Complaints& complaints;
    Complaints& doubts;  // what is legal and surely not meant

    // A complaint about a field of the file, at its place or the nearest around it.
    void complain(const std::string& field, std::string found, std::string expected) const {
        complaints.add(place_of(document, field), field, std::move(found), std::move(expected));
    }
    void doubt(const std::string& field, std::string found, std::string expected) const {
        doubts.add(place_of(document, field), field, std::move(found), std::move(expected));
    }
    // Whether the file has that field itself.
    bool written(std::string_view field) const { return is_there(document, field); }
    // "line 12", for reference to another field.
    std::string line_of(const std::string& field) const {
        return "line " + std::to_string(place_of(document, field).line);
    }
};

inline std::string element(const char* list, std::size_t index, const char* member = "") {
    return std::string(list) + "[" + std::to_string(index) + "]" + (*member ? "." : "") + member;
}

// Every server of an upstream with its field, which is empty for those of --upstream.
template <class Call>
void for_each_server(const Subject& subject, Call call) {
    const bool by_flags = !subject.flags.upstream.empty();
    const auto& upstreams = subject.config.upstreams;
    for (std::size_t i = 0; i < (by_flags ? std::min<std::size_t>(upstreams.size(), 1) : upstreams.size()); ++i) {
        for (std::size_t k = 0; k < upstreams[i].servers.size(); ++k) {
            const std::string list = element("upstreams", i, "servers");
            call(upstreams[i].servers[k], by_flags ? std::string() : element(list.c_str(), k));
        }
    }
}

void check_network(const Subject&);                         // listeners, admin, upstreams, routes, limits
void check_layers(const Subject&);                          // layers, memory
void check_running(const Subject&, const Config& running);  // what a reload must leave as it is
std::uint64_t memory_of_layers(const Config&);              // the MEMORY layers in use
void check_strategies(const Subject&);                      // strategies, resource types, patterns

// For a configuration without complaints.
void warn_of_doubts(const Subject&);

}  // namespace larder::config
