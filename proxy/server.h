// The running proxy: workers that serve, and a control thread that does everything else (admin, health checks, names,
// signals). Made from a checked configuration; this is the wiring.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <string>
#include <vector>

#include "config/config.h"

namespace larder::proxy {

class Server {
  public:
    // Opens data_dir, listeners and logs. Throws std::runtime_error with a message that says what to change.
    explicit Server(const config::Config& config);
    ~Server();

    // Serves until stop(), SIGTERM or SIGINT; then drains within limits.shutdown_grace. A second signal ends it at
    // once.
    void run();
    void stop();  // any thread

    const std::vector<boost::asio::ip::tcp::endpoint>& listening() const;
    boost::asio::ip::tcp::endpoint admin_listening() const;  // port 0: no admin listener
    const std::string& admin_token() const;

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace larder::proxy
