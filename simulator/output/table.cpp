#include "table.hpp"

#include <algorithm>

namespace cryptoperiod::output {

std::string table::to_text(screen const& on) const {
    std::vector<std::size_t> widths(columns_.size());
    for (auto const& one : rows_)
        for (std::size_t i = 0; i < one.cells.size(); ++i)
            widths[i] = std::max(widths[i], columns_of(one.cells[i]));
    std::string text;
    for (auto const& one : rows_) {
        std::string line;
        for (std::size_t i = 0; i < one.cells.size(); ++i) {
            if (i > 0) line += "  ";
            line += columns_[i] == side::left ? left(one.cells[i], widths[i])
                                              : right(one.cells[i], widths[i]);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += "  ";
        text += paint(on, one.colour, line);
        text += '\n';
    }
    return text;
}

}  // namespace cryptoperiod::output
