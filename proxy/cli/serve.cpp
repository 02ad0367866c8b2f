#include <exception>
#include <iostream>
#include <variant>

#include "proxy/cli/commands.h"
#include "proxy/complaints_json.h"
#include "proxy/descriptors.h"
#include "proxy/server.h"

namespace larder::proxy::cli {
namespace {

int complain(const std::vector<config::Complaint>& complaints) {
    for (const auto& complaint : complaints) std::cerr << to_string(complaint) << '\n';
    return 2;
}

}  // namespace

int serve(const std::string& file, const config::Flags& flags) {
    const Source source{file, flags};
    std::vector<config::Complaint> warnings;
    auto loaded = source.load(&warnings);
    if (const auto* complaints = std::get_if<std::vector<config::Complaint>>(&loaded)) return complain(*complaints);
    raise_descriptor_limit();
    try {
        Server server(std::get<config::Config>(loaded), source, warnings);
        server.run();
    } catch (const std::exception& error) {
        std::cerr << "larder: " << error.what() << '\n';
        return 1;
    }
    return 0;
}

int check(const std::string& file, bool json) {
    std::vector<config::Complaint> warnings;
    const auto loaded = config::load_file(file, {}, &warnings);
    if (const auto* complaints = std::get_if<std::vector<config::Complaint>>(&loaded)) {
        if (!json) return complain(*complaints);
        std::cout << complaints_json(*complaints) << '\n';
        return 2;
    }
    if (json) {
        std::cout << complaints_json(warnings, Severity::warning) << '\n';
        return 0;
    }
    for (const auto& warning : warnings) std::cerr << warning_text(warning) << '\n';
    std::cout << file << (warnings.empty() ? ": fine" : ": can be served") << '\n';
    return 0;
}

int reference() {
    std::cout << config::reference();
    return 0;
}

}  // namespace larder::proxy::cli
