// The body of an admin call that takes a JSON object.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/admin/message.h"

namespace larder::proxy::admin {

// Thrown by whoever reads an object that is not as the call wants it: which member, what was expected.
struct Mistake {
    std::string detail;
};

// Hands the object to `read`. The answer if there is none to hand on, or it has a mistake: 400 for what is no JSON,
// else 422.
std::optional<AdminResponse> read_object(std::string_view body,
                                         const std::function<void(const boost::json::object&)>& read);

}  // namespace larder::proxy::admin
