#include <CLI/CLI.hpp>
#include <iostream>

#include "config/complaints.h"
#include "proxy/allocation.h"
#include "proxy/cli/admin_verbs.h"
#include "proxy/cli/commands.h"
#include "proxy/cli/storage_verbs.h"

namespace cli = larder::proxy::cli;

namespace {

void suggest_verb(const CLI::App& app, const std::string& word) {
    std::vector<std::string> names;
    for (const CLI::App* verb : app.get_subcommands({})) names.push_back(verb->get_name());
    if (word.starts_with('-')) return;
    const std::string meant = larder::config::nearest(word, names);
    std::cerr << "larder: no verb is called " << word << larder::config::did_you_mean(meant) << '\n';
}

}  // namespace

int main(int argc, char** argv) {
    larder::proxy::settle_allocation();
    CLI::App app{"Larder: a strategy-driven caching HTTP reverse proxy"};
    app.set_version_flag("--version", LARDER_VERSION);
    app.require_subcommand(1);
    app.footer(R"(
To begin: larder serve --listen :8080 --upstream http://127.0.0.1:3000 --data-dir data
then ask for something twice and look at it: curl -i http://127.0.0.1:8080/ ; larder stats
`larder VERB --help` has the options of a verb, with examples.
Exit codes: 0 fine, 1 failed, 2 wrong usage or configuration.)");
    int exit_code = 0;

    auto* serve = app.add_subcommand("serve", "Serve: by a configuration file, by flags alone, or by both");
    std::string file;
    larder::config::Flags flags;
    unsigned threads = 0;
    serve->add_option("file,--config", file, "Configuration file (YAML)");
    serve->add_option("--listen", flags.listen, "HOST:PORT to listen on; repeatable");
    serve->add_option("--upstream", flags.upstream, "URL of an origin server; repeatable");
    serve->add_option("--admin", flags.admin, "HOST:PORT of the admin listener, or off");
    serve->add_option("--data-dir", flags.data_dir, "Where Larder keeps what outlives it");
    auto* threads_option = serve->add_option("--threads", threads, "Worker threads; 0: one per core");
    serve->add_option("--access-log", flags.access_log, "-, off or a file");
    serve->callback([&] {
        if (threads_option->count() > 0) flags.threads = threads;
        exit_code = cli::serve(file, flags);
    });

    auto* check = app.add_subcommand("check", "Check a configuration file");
    bool check_json = false;
    check->add_option("file", file, "Configuration file (YAML)")->required();
    check->add_flag("--json", check_json, "Complaints as JSON");
    check->callback([&] { exit_code = cli::check(file, check_json); });

    auto* reference = app.add_subcommand("reference", "Print the reference of all settings (Markdown)");
    reference->callback([&] { exit_code = cli::reference(); });

    cli::add_admin_verbs(app, exit_code);
    cli::add_storage_verbs(app, exit_code);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int code = app.exit(error);
        if (code != 0 && argc > 1 && app.get_subcommands().empty()) suggest_verb(app, argv[1]);
        return code == 0 ? 0 : 2;
    }
    return exit_code;
}
