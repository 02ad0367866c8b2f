// One call to the admin listener, from the command line.
#pragma once

#include <string>

#include "proxy/cli/commands.h"

namespace larder::proxy::cli {

struct AdminAnswer {
    int status = 0;
    std::string body;
};

// Throws std::runtime_error with a message for the user when there is no answer, or no token.
AdminAnswer call(const AdminTarget& target, const std::string& method, const std::string& path,
                 const std::string& json_body);

}  // namespace larder::proxy::cli
