#include <CLI/CLI.hpp>

#include "proxy/cli/commands.h"

namespace cli = larder::proxy::cli;

int main(int argc, char** argv) {
    CLI::App app{"Larder: a strategy-driven caching HTTP reverse proxy"};
    app.set_version_flag("--version", LARDER_VERSION);
    app.require_subcommand(1);
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

    auto* purge = app.add_subcommand("purge", "Invalidate what is stored: by URL, pattern or tag, or all of it");
    cli::AdminTarget target;
    cli::Purge what;
    purge->add_option("urls", what.urls, "Absolute URLs");
    purge->add_option("--pattern", what.pattern, "Path pattern, host optional in front: /api/workouts/**");
    purge->add_option("--tag", what.tags, "Tag; repeatable");
    purge->add_flag("--all", what.all, "Everything");
    purge->add_flag("--soft", what.soft, "Make it stale instead of removing it");
    purge->add_flag("--dry-run", what.dry_run, "Only count");
    purge->add_option("--reason", what.reason, "For the record");
    purge->add_flag("--json", what.json, "The receipt as JSON");
    purge->add_option("--admin", target.address, "HOST:PORT of the admin listener; else LARDER_ADMIN");
    purge->add_option("--token-file", target.token_file, "File with the admin token; else LARDER_TOKEN");
    purge->callback([&] { exit_code = cli::purge(target, what); });

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        const int code = app.exit(error);
        return code == 0 ? 0 : 2;
    }
    return exit_code;
}
