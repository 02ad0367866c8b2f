// Text in columns, each as wide as its widest cell.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace larder::proxy::cli {

class Table {
  public:
    struct Column {
        std::string title;
        bool number = false;  // to the right
    };
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

    void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
    bool empty() const { return rows_.empty(); }
    // Forgets the rows, so that a long table can be printed in parts; titles stand over the first one.
    void print(std::ostream& out);

  private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
    bool titled_ = false;
};

}  // namespace larder::proxy::cli
