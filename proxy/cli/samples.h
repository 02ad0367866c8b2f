// The samples of a Prometheus exposition (text format 0.0.4), as GET /metrics gives them.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace larder::proxy::cli {

using Labels = std::map<std::string, std::string, std::less<>>;

struct Sample {
    std::string name;
    Labels labels;
    double value = 0;
};

class Samples {
  public:
    // Lines that are none are passed over.
    explicit Samples(std::string_view exposition);

    // The sum of all samples of that name that have these labels; 0: there are none.
    double sum(std::string_view name, const Labels& labels = {}) const;
    // The values that a label has among the samples of that name, in the order of their first appearance.
    std::vector<std::string> values(std::string_view name, std::string_view label) const;
    const std::vector<Sample>& all() const { return all_; }

  private:
    std::vector<Sample> all_;
};

}  // namespace larder::proxy::cli
