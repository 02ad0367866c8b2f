#include "proxy/cli/storage_verbs.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "proxy/cli/commands.h"

namespace larder::proxy::cli {
namespace {

constexpr const char* where = R"(
DIRECTORY is DATA_DIR and the layer's connection_config.path: data/objects, say. No Larder may have it open; a running
one is asked by `larder stats`. Nothing in it is changed.
Exit codes: 0 fine, 1 damaged, in use or not there, 2 wrong usage.)";

void add(CLI::App& storage, int& exit_code, const char* name, const char* does, const char* examples,
         int (*run)(const std::string&, bool)) {
    struct Given {
        std::string directory;
        bool json = false;
    };
    const auto given = std::make_shared<Given>();
    auto* verb = storage.add_subcommand(name, does);
    verb->footer(std::string("\nExamples:\n") + examples + where);
    verb->add_option("directory", given->directory, "Directory of a FILE_SYSTEM layer")->required();
    verb->add_flag("--json", given->json, "One JSON document");
    verb->callback([given, run, &exit_code] { exit_code = run(given->directory, given->json); });
}

}  // namespace

void add_storage_verbs(CLI::App& app, int& exit_code) {
    auto* storage =
        app.add_subcommand("storage", "Look at the directory of a FILE_SYSTEM layer while nothing runs on it");
    storage->require_subcommand(1);
    add(*storage, exit_code, "verify", "Read everything and check every checksum and index",
        "  larder storage verify data/objects\n", storage_verify);
    add(*storage, exit_code, "stats", "Show how many keys and responses there are, and what takes the space",
        "  larder storage stats data/objects --json\n", storage_stats);
}

}  // namespace larder::proxy::cli
