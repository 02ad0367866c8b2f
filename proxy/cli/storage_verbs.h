// `larder storage verify | stats` on the command line.
#pragma once

namespace CLI {
class App;
}

namespace larder::proxy::cli {

// `exit_code` is set when a verb has run; it outlives the parsing.
void add_storage_verbs(CLI::App& app, int& exit_code);

}  // namespace larder::proxy::cli
