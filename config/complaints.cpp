#include "config/complaints.h"

#include <algorithm>
#include <tuple>

namespace larder::config {
namespace {

constexpr std::size_t shown_limit = 50;
constexpr std::size_t kept_limit = 1000;  // they come in the order of the settings, and are shown in that of the file

}  // namespace

void Complaints::add(Place place, std::string field, std::string found, std::string expected) {
    if (all_.size() == kept_limit) return;
    all_.push_back({file_, place.line, place.column, std::move(field), std::move(found), std::move(expected)});
}

void Complaints::add_flag(std::string flag, std::string found, std::string expected) {
    if (all_.size() == kept_limit) return;
    all_.push_back({"command line", 0, 0, std::move(flag), std::move(found), std::move(expected)});
}

bool Complaints::about(std::string_view field) const {
    return all_.size() == kept_limit || std::ranges::any_of(all_, [field](const Complaint& complaint) {
               const std::string_view other = complaint.field;
               return other.starts_with(field) &&
                      (other.size() == field.size() || other[field.size()] == '.' || other[field.size()] == '[');
           });
}

std::vector<Complaint> Complaints::take() && {
    std::ranges::stable_sort(all_, {},
                             [](const Complaint& complaint) { return std::tie(complaint.line, complaint.column); });
    if (all_.size() > shown_limit) all_.resize(shown_limit);
    return std::move(all_);
}

std::string did_you_mean(const std::string& nearest) {
    return nearest.empty() ? "" : " (did you mean " + in_quotes(nearest) + "?)";
}

namespace {

std::string text_of(const Complaint& complaint, const char* kind) {
    std::string text = complaint.file.empty() ? "configuration" : complaint.file;
    if (complaint.line > 0) text += ":" + std::to_string(complaint.line) + ":" + std::to_string(complaint.column);
    text += ": ";
    text += kind;
    if (!complaint.field.empty()) text += complaint.field + ": ";
    return text + "found " + complaint.found + "; expected " + complaint.expected;
}

}  // namespace

std::string to_string(const Complaint& complaint) {
    return text_of(complaint, "");
}

std::string warning_text(const Complaint& complaint) {
    return text_of(complaint, "warning: ");
}

}  // namespace larder::config
