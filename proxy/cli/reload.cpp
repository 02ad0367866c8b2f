#include <boost/json.hpp>
#include <iostream>

#include "proxy/cli/admin_client.h"

namespace larder::proxy::cli {
namespace {

namespace json = boost::json;

config::Complaint complaint_in(const json::object& members) {
    const auto text = [&](const char* name) { return std::string(members.at(name).as_string()); };
    const auto number = [&](const char* name) { return members.at(name).to_number<int>(); };
    return {text("file"), number("line"), number("column"), text("field"), text("found"), text("expected")};
}

}  // namespace

int reload(const AdminTarget& target) {
    return run_verb("reload", [&] {
        const AdminAnswer answer = call(target, "POST", "/v1/reload");
        if (answer.status == 422) {
            const json::object problem = object_in(answer.body);
            if (const auto* complaints = problem.if_contains("complaints")) {
                for (const json::value& complaint : complaints->as_array()) {
                    std::cerr << config::to_string(complaint_in(complaint.as_object())) << '\n';
                }
                throw Failure(2, "the configuration is wrong; the one before stays in force");
            }
        }
        succeeded(answer);
        std::cout << "reloaded\n";
    });
}

}  // namespace larder::proxy::cli
