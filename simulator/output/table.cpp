#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace cryptoperiod::output {

namespace {

constexpr std::size_t absent = 0;
constexpr std::string_view margin = "  ", gap = "  ";

std::size_t line_columns(std::vector<std::size_t> const& widths) {
    std::size_t columns = 0;
    for (auto const width : widths)
        if (width != absent) columns += gap.size() + width;
    return columns;
}

}  // namespace

std::vector<std::size_t> table::widths_on(screen const& on) const {
    std::vector<std::size_t> widths(columns_.size(), absent);
    for (auto const& one : rows_)
        for (std::size_t i = 0; i < one.cells.size(); ++i)
            widths[i] = std::max(widths[i], columns_of(one.cells[i]));
    for (auto const column : unneeded_)
        if (line_columns(widths) > on.columns) widths[column] = absent;
    return widths;
}

std::string table::to_text(screen const& on) const {
    auto const widths = widths_on(on);
    std::string text;
    for (auto const& one : rows_) {
        std::string line;
        auto const end_line = [&] {
            line.erase(line.find_last_not_of(' ') + 1);
            text += fmt::format("{}{}\n", margin, paint(on, one.colour, line));
        };
        for (std::size_t i = 0; i < one.cells.size(); ++i) {
            if (widths[i] == absent) continue;
            auto const& cell = one.cells[i];
            auto const wanted = columns_[i] == side::left ? columns_of(cell) : widths[i];
            auto const end = margin.size() + columns_of(line) + gap.size() + wanted;
            if (!line.empty() && !cell.empty() && end > on.columns) {
                end_line();
                line = "    ";
            } else if (!line.empty()) {
                line += gap;
            }
            line += columns_[i] == side::left ? left(cell, widths[i]) : right(cell, widths[i]);
        }
        end_line();
    }
    return text;
}

}  // namespace cryptoperiod::output
