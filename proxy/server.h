// The running proxy: workers that serve, and a control thread that does everything else (admin, health checks, names,
// signals, reloads). Made from a checked configuration; this is the wiring.
#pragma once

#include <memory>

#include "config/config.h"
#include "proxy/reload.h"

namespace larder::proxy {

class Server {
  public:
    // Opens data_dir, layers, listeners and logs; or takes over from the process that has this data_dir and listens on
    // the same addresses. Throws std::runtime_error with a message that says what to change. `source` is where `config`
    // came from, for reloads; `warnings` are told.
    Server(const config::Config& config, const Source& source, const std::vector<config::Complaint>& warnings = {});
    ~Server();

    // Serves. SIGHUP reloads. SIGTERM or SIGINT, or a process that takes over: drains within limits.shutdown_grace. A
    // second signal ends it at once.
    void run();

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace larder::proxy
