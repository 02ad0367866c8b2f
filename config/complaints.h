// Gathers what is wrong while a configuration is read and checked. One thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/document.h"
#include "config/load.h"

namespace larder::config {

class Complaints {
  public:
    explicit Complaints(std::string file) : file_(std::move(file)) {}

    void add(Place place, std::string field, std::string found, std::string expected);
    // About a flag: no place in the file.
    void add_flag(std::string flag, std::string found, std::string expected);

    bool empty() const { return all_.empty(); }
    std::size_t count() const { return all_.size(); }
    // Whether something at or below that field is wrong already. A check that builds on it should then say nothing.
    bool about(std::string_view field) const;

    // In file order, the first 50.
    std::vector<Complaint> take() &&;

  private:
    std::string file_;
    std::vector<Complaint> all_;
};

// The nearest of the candidates if it is near enough to be what was meant, else "".
template <class Texts>
std::string nearest(std::string_view text, const Texts& candidates);

// ` (did you mean "x"?)`, or "".
std::string did_you_mean(const std::string& nearest);

}  // namespace larder::config

#include "config/characters.h"

namespace larder::config {

template <class Texts>
std::string nearest(std::string_view text, const Texts& candidates) {
    std::string best;
    if (text.size() > 100) return best;
    std::size_t least = std::max<std::size_t>(text.size() / 3, 2) + 1;
    for (const std::string& candidate : candidates) {
        const std::size_t distance = edit_distance(lower_case(text), lower_case(candidate));
        if (distance < least) {
            least = distance;
            best = candidate;
        }
    }
    if (!best.empty() || text.size() < 2) return best;
    for (const std::string& candidate : candidates) {  // L1 is meant for L1_APPLICATION
        if (!lower_case(candidate).starts_with(lower_case(text))) continue;
        if (!best.empty()) return "";
        best = candidate;
    }
    return best;
}

}  // namespace larder::config
