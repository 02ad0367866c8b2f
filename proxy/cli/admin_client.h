// Calls to the admin listener, from the command line, and what the verbs that make them share.
#pragma once

#include <boost/json/value.hpp>
#include <functional>
#include <stdexcept>
#include <string>

#include "proxy/cli/commands.h"

namespace larder::proxy::cli {

// What ends a verb: a message for the user, and the exit code.
class Failure : public std::runtime_error {
  public:
    Failure(int exit_code, const std::string& message) : std::runtime_error(message), exit_code_(exit_code) {}
    int exit_code() const { return exit_code_; }

  private:
    int exit_code_;
};

// The exit code of `work`: 0, or what it threw, after telling it as "larder VERB: ...".
int run_verb(const char* verb, const std::function<void()>& work);

struct AdminAnswer {
    int status = 0;
    std::string body;
};

// Throws Failure when there is no answer, or no token for a call that needs one.
AdminAnswer call(const AdminTarget& target, const std::string& method, const std::string& path,
                 const std::string& json_body = {}, bool needs_token = true);

// The body of an answer that is 200. Throws Failure with what a problem document says: 2 when what was asked is wrong
// (400, 422), else 1.
const std::string& succeeded(const AdminAnswer& answer);

// A body that is a JSON object. Throws Failure.
boost::json::object object_in(const std::string& body);

}  // namespace larder::proxy::cli
