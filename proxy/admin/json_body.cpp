#include "proxy/admin/json_body.h"

namespace larder::proxy::admin {

std::optional<AdminResponse> read_object(std::string_view body,
                                         const std::function<void(const boost::json::object&)>& read) {
    boost::json::error_code error;
    boost::json::parse_options options;
    options.max_depth = 8;
    const boost::json::value parsed = boost::json::parse({body.data(), body.size()}, error, {}, options);
    if (error) return problem(400, "The body is not JSON: " + error.message());
    if (!parsed.is_object()) return problem(422, "expected a JSON object");
    try {
        read(parsed.get_object());
    } catch (const Mistake& mistake) {
        return problem(422, mistake.detail);
    }
    return std::nullopt;
}

}  // namespace larder::proxy::admin
