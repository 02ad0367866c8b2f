#include "proxy/complaints_json.h"

#include "proxy/json.h"

namespace larder::proxy {
namespace {

std::string complaint_json(const config::Complaint& complaint) {
    std::string out;
    JsonObject object(out);
    object.number("line", static_cast<unsigned>(complaint.line))
        .number("column", static_cast<unsigned>(complaint.column))
        .text("file", complaint.file)
        .text("field", complaint.field)
        .text("found", complaint.found)
        .text("expected", complaint.expected)
        .close();
    return out;
}

}  // namespace

std::string complaint_members(const config::Complaint& complaint) {
    const std::string object = complaint_json(complaint);
    return object.substr(1, object.size() - 2);
}

std::string complaints_json(const std::vector<config::Complaint>& complaints, Severity severity) {
    std::string out = "[";
    for (const auto& complaint : complaints) {
        if (out.size() > 1) out += ",\n ";
        out += severity == Severity::warning ? "{" + complaint_members(complaint) + ",\"warning\":true}"
                                             : complaint_json(complaint);
    }
    return out + "]";
}

}  // namespace larder::proxy
