#include "proxy/cli/table.h"

#include <algorithm>
#include <ostream>

namespace larder::proxy::cli {

void Table::print(std::ostream& out) {
    if (!titled_) {
        std::vector<std::string> titles;
        for (const Column& column : columns_) titles.push_back(column.title);
        rows_.insert(rows_.begin(), std::move(titles));
        titled_ = true;
    }
    std::vector<std::size_t> widths(columns_.size(), 0);
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    for (const auto& row : rows_) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string space(widths[i] - row[i].size(), ' ');
            if (i > 0) line += "  ";
            line += columns_[i].number ? space + row[i] : row[i] + space;
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out << line << '\n';
    }
    rows_.clear();
}

}  // namespace larder::proxy::cli
