// Another configuration for a process that goes on: read, checked, prepared as a whole, then put in force on every
// worker without touching a connection. Whatever fails before that changes nothing.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/load.h"
#include "proxy/listening.h"
#include "proxy/shared.h"
#include "proxy/task.h"

namespace larder::proxy {

// Where the configuration comes from: the same file and flags as at the start.
struct Source {
    std::string file;  // empty: flags alone
    config::Flags flags;

    config::Loaded load(std::vector<config::Complaint>* warnings = nullptr) const;
};

// What a configuration has that is surely not meant, as events.
void tell_warnings(Events& events, const std::vector<config::Complaint>& warnings);

// Sockets that belong to a listener of a configuration.
struct OpenedListener {
    std::shared_ptr<const config::Listener> settings;
    std::vector<ListeningSocket> sockets;
};
// Spreads them over the workers: at least one each.
std::vector<std::vector<std::pair<std::shared_ptr<const config::Listener>, ListeningSocket>>> spread(
    std::vector<OpenedListener> opened, std::size_t workers);

class Reload {
  public:
    // Called when a configuration is newly in force, on the control thread: with the one before, and with the socket of
    // the admin endpoint if it has another address.
    using Adopted = std::function<void(const Running& before, std::optional<ListeningSocket> admin)>;
    Reload(Executor control, Shared& shared, Listening& listening, Source source, Adopted adopted);

    // Empty: done, and every worker serves by it. Else what is wrong with the file, or with this machine, and nothing
    // has changed. On the control thread; calls wait for one another.
    Task<std::vector<config::Complaint>> run();

  private:
    Task<std::vector<config::Complaint>> run_alone();
    Task<void> resolve_new_names(const Running& next, const Running& before);
    Task<void> put_in_force(std::shared_ptr<const Running> next, std::vector<OpenedListener> opened);

    const Executor control_;
    Shared& shared_;
    Listening& listening_;
    const Source source_;
    const Adopted adopted_;
    bool busy_ = false;
};

}  // namespace larder::proxy
