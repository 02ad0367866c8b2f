#include "proxy/cli/admin_verbs.h"

#include <CLI/CLI.hpp>
#include <cctype>
#include <memory>
#include <utility>

#include "proxy/cli/commands.h"

namespace larder::proxy::cli {
namespace {

constexpr const char* where = R"(
It talks to the admin listener of a running Larder:
  address   --admin HOST:PORT, else LARDER_ADMIN, else 127.0.0.1:9180
  token     --token-file FILE, else LARDER_TOKEN; it is in DATA_DIR/admin.token
Exit codes: 0 done, 1 failed (not reachable, wrong token), 2 wrong usage.)";

CLI::App* add_verb(CLI::App& app, const char* name, const char* does, AdminTarget& target, const char* examples) {
    auto* verb = app.add_subcommand(name, does);
    verb->footer(std::string("\nExamples:\n") + examples + where);
    verb->add_option("--admin", target.address, "HOST:PORT of the admin listener")->type_name("ADDRESS");
    verb->add_option("--token-file", target.token_file, "File with the admin token")->type_name("FILE");
    return verb;
}

void add_purge(CLI::App& app, int& exit_code) {
    struct Given {
        AdminTarget target;
        Purge what;
    };
    const auto given = std::make_shared<Given>();
    auto* verb =
        add_verb(app, "purge", "Invalidate what is stored: by URL, pattern or tag, or all of it", given->target,
                 R"(  larder purge http://api.example.com/api/workouts/42    one URL with all its variants
  larder purge --pattern '/api/workouts/**' --dry-run    count first
  larder purge --tag program-7 --soft                    stale, not gone
)");
    Purge& what = given->what;
    verb->add_option("urls", what.urls, "Absolute URLs");
    verb->add_option("--pattern", what.pattern, "Path pattern, host optional in front: /api/workouts/**");
    verb->add_option("--tag", what.tags, "Tag; repeatable");
    verb->add_flag("--all", what.all, "Everything");
    verb->add_flag("--soft", what.soft, "Make it stale instead of removing it");
    verb->add_flag("--dry-run", what.dry_run, "Only count");
    verb->add_option("--reason", what.reason, "For the record");
    verb->add_flag("--json", what.json, "The receipt as JSON");
    verb->callback([given, &exit_code] { exit_code = purge(given->target, given->what); });
}

void add_keys(CLI::App& app, int& exit_code) {
    struct Given {
        AdminTarget target;
        Keys what;
    };
    const auto given = std::make_shared<Given>();
    auto* verb = add_verb(app, "keys", "List the keys that are stored, in the order of their paths", given->target,
                          R"(  larder keys --prefix /api/workouts/               on every host
  larder keys --prefix http://api.example.com/      on one
  larder keys --tag program-7 --json | jq -r '.keys[].cache_key'
)");
    Keys& what = given->what;
    verb->add_option("--prefix", what.prefix, "What the key begins with; from a / on: what its path begins with");
    verb->add_option("--strategy", what.strategy, "Stored by the strategy of this name");
    verb->add_option("--tag", what.tag, "With this tag");
    verb->add_option("--type", what.type, "Of this resource type, such as WORKOUT");
    verb->add_option("--limit", what.limit, "At most so many; else all")
        ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000'000}))
        ->option_text("N");
    verb->add_flag("--json", what.json,
                   "One document, {\"keys\":[...]}, with a key a line, each as GET /v1/keys/KEY shows it");
    verb->callback([given, &exit_code] { exit_code = keys(given->target, given->what); });
}

void add_explain(CLI::App& app, int& exit_code) {
    struct Given {
        AdminTarget target;
        Explain what;
    };
    const auto given = std::make_shared<Given>();
    auto* verb =
        add_verb(app, "explain", "Say what would become of a request, and why; nothing is fetched", given->target,
                 R"(  larder explain GET http://api.example.com/api/workouts/42
  larder explain GET http://api.example.com/a -H 'Cookie: s=1' --response 'Cache-Control: max-age=60'
                                                         would such a response be stored, and for how long?
)");
    Explain& what = given->what;
    verb->add_option("method", what.method, "GET, HEAD, POST, ...; GET if it is left away")->required();
    verb->add_option("url", what.url, "The absolute URL");
    verb->add_option("-H,--header", what.fields, "A field of the request, 'Name: value'; repeatable")
        ->type_name("FIELD");
    verb->add_option("-d,--data", what.content, "The request's content")->type_name("TEXT");
    verb->add_option("--response", what.response_fields, "A field of a response to judge; repeatable")
        ->type_name("FIELD");
    verb->add_option("--status", what.status, "The status of that response; 200")->check(CLI::Range(200, 999));
    verb->add_flag("--json", what.json, "The answer of POST /v1/explain");
    verb->callback([given, &exit_code] {
        Explain& asked = given->what;
        if (asked.url.empty()) asked.url = std::exchange(asked.method, "GET");
        for (char& c : asked.method) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        exit_code = explain(given->target, asked);
    });
}

void add_stats(CLI::App& app, int& exit_code) {
    struct Given {
        AdminTarget target;
        bool json = false;
    };
    const auto given = std::make_shared<Given>();
    auto* verb = add_verb(app, "stats", "Show what has been counted since the start", given->target,
                          R"(  larder stats
  larder stats --json | jq .hit_ratio
FROM CACHE is (hit + stale) / (hit + stale + miss); what bypasses the cache does not count. It needs no token.
)");
    verb->add_flag("--json", given->json, "One JSON document");
    verb->callback([given, &exit_code] { exit_code = stats(given->target, given->json); });
}

void add_reload(CLI::App& app, int& exit_code) {
    const auto target = std::make_shared<AdminTarget>();
    auto* verb = add_verb(app, "reload", "Make the running Larder read its configuration file again", *target,
                          R"(  larder check larder.yaml && larder reload
A file with a mistake changes nothing: the complaints are printed, and the exit code is 2.
)");
    verb->callback([target, &exit_code] { exit_code = reload(*target); });
}

}  // namespace

void add_admin_verbs(CLI::App& app, int& exit_code) {
    add_purge(app, exit_code);
    add_keys(app, exit_code);
    add_explain(app, exit_code);
    add_stats(app, exit_code);
    add_reload(app, exit_code);
}

}  // namespace larder::proxy::cli
