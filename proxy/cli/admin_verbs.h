// The verbs that ask a running Larder, as the command line spells them.
#pragma once

namespace CLI {
class App;
}

namespace larder::proxy::cli {

// Adds purge, keys, explain, stats and reload to `app`; the one that is run sets `exit_code`. Both outlive the parsing.
void add_admin_verbs(CLI::App& app, int& exit_code);

}  // namespace larder::proxy::cli
