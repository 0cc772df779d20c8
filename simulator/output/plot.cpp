#include "plot.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "text.hpp"

namespace cryptoperiod::output {
namespace {

constexpr std::size_t indent = 2, label_columns = 8;
constexpr std::size_t dots_across = 2, dots_down = 4;  // of a braille cell

/// The logarithmic axis: 100 % in the middle of the first row, `lowest` in that of the last.
struct axis {
    int decades = 1, rows_per_decade = 1;

    explicit axis(double budget) {
        double const lowest = std::clamp(budget / 2, 1e-6, 0.1);
        decades = static_cast<int>(std::ceil(-std::log10(lowest)));
        rows_per_decade = decades == 3 ? 3 : std::max(1, 8 / decades);
    }
    [[nodiscard]] std::size_t rows() const {
        return static_cast<std::size_t>(decades * rows_per_decade) + 1;
    }
    /// Rows below the top edge, in fractions; large when there is nothing to show.
    [[nodiscard]] double depth(double share) const {
        return share > 0 ? -std::log10(share) * rows_per_decade + 0.5 : 1e9;
    }
    [[nodiscard]] std::size_t row_of(double share) const {
        return static_cast<std::size_t>(std::min(depth(share), static_cast<double>(rows())));
    }
};

/// The cells of the picture, and the braille dots of the curve before they become cells.
class canvas {
public:
    canvas(std::size_t rows, std::size_t columns)
        : columns_(columns), dots_(rows * columns), cells_(rows * columns, " ") {}

    void dot(std::size_t x, std::size_t y) {
        constexpr std::array<std::array<std::uint8_t, dots_across>, dots_down> bits{
            {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}};
        std::size_t const cell = y / dots_down * columns_ + x / dots_across;
        if (cell < dots_.size())
            dots_[cell] =
                static_cast<std::uint8_t>(dots_[cell] | bits[y % dots_down][x % dots_across]);
    }
    /// Puts a sign where neither the curve nor another sign is.
    void put(std::size_t row, std::size_t column, std::string_view sign) {
        auto& cell = cells_[row * columns_ + column];
        if (!has_curve(row, column) && cell == " ") cell = sign;
    }
    [[nodiscard]] bool has_curve(std::size_t row, std::size_t column) const {
        return dots_[row * columns_ + column] != 0;
    }
    [[nodiscard]] std::string line(std::size_t row, bool unicode) const {
        std::string text;
        for (std::size_t i = row * columns_; i < (row + 1) * columns_; ++i) {
            if (dots_[i] == 0)
                text += cells_[i];
            else if (unicode)
                text += {'\xe2', static_cast<char>(0xa0 | (dots_[i] >> 6U)),
                         static_cast<char>(0x80 | (dots_[i] & 0x3fU))};
            else
                text += '*';
        }
        text.erase(text.find_last_not_of(' ') + 1);
        return text;
    }

private:
    std::size_t columns_;
    std::vector<std::uint8_t> dots_;
    std::vector<std::string> cells_;
};

void draw_curve(canvas& on, axis const& scale, std::vector<double> const& shares,
                std::size_t columns) {
    std::size_t const across = columns * dots_across, down = scale.rows() * dots_down;
    std::size_t before = down;
    for (std::size_t x = 0; x < across; ++x) {
        double const share = shares[x * (shares.size() - 1) / (across - 1)];
        double const depth = scale.depth(share) * static_cast<double>(dots_down);
        auto const y = static_cast<std::size_t>(std::min(depth, static_cast<double>(down)));
        std::size_t const from = x == 0 ? y : std::min(before + (before < y ? 1 : 0), y);
        for (std::size_t k = std::min(from, y); k <= std::max(from, y) && k < down; ++k)
            on.dot(x, k);
        before = y;
    }
}

/// Texts on as few lines as they need: each below its column, or ending there when it is too long.
class captions {
public:
    explicit captions(std::size_t columns) : columns_(columns) {}

    void add(std::size_t column, std::string const& text) {
        std::size_t const length = columns_of(text);
        if (length > columns_) return;
        std::size_t const at = std::min(column, columns_ - length);
        std::size_t row = 0;
        while (row < rows_.size() && !is_free(rows_[row], at, length)) ++row;
        if (row == rows_.size()) rows_.emplace_back();
        rows_[row].push_back({at, length, text});
    }
    [[nodiscard]] std::string to_text(std::string const& margin) const {
        std::string text;
        for (auto row : rows_) {
            std::sort(row.begin(), row.end(),
                      [](auto const& a, auto const& b) { return a.at < b.at; });
            text += margin;
            std::size_t end = 0;
            for (auto const& item : row) {
                text += std::string(item.at - end, ' ') + item.text;
                end = item.at + item.length;
            }
            text += '\n';
        }
        return text;
    }

private:
    struct caption {
        std::size_t at, length;
        std::string text;
    };

    static bool is_free(std::vector<caption> const& row, std::size_t at, std::size_t length) {
        return std::none_of(row.begin(), row.end(), [&](caption const& other) {
            return at < other.at + other.length + 2 && other.at < at + length + 2;
        });
    }

    std::size_t columns_;
    std::vector<std::vector<caption>> rows_;
};

void draw_budget(canvas& cells, axis const& scale, double budget, std::size_t columns,
                 glyphs const& signs) {
    std::size_t const row = scale.row_of(budget);
    if (row >= scale.rows()) return;
    std::string_view const word = " budget ";
    bool free = true;
    for (std::size_t i = 0; i < word.size(); ++i) free &= !cells.has_curve(row, i + 2);
    if (free)
        for (std::size_t i = 1; i + 1 < word.size(); ++i) cells.put(row, i + 2, word.substr(i, 1));
    for (std::size_t i = 0; i < columns; ++i)
        if (!free || (i != 2 && i != 9)) cells.put(row, i, signs.dash);
}

/// The left margin of a row: the share at a decade or at the budget.
std::string label_of(axis const& scale, std::size_t row, double budget) {
    auto const per_decade = static_cast<std::size_t>(scale.rows_per_decade);
    std::string text;
    if (row % per_decade == 0)
        text = percent(std::pow(10.0, -static_cast<double>(row / per_decade)));
    if (row == scale.row_of(budget)) text = percent(budget);
    return std::string(indent, ' ') + right(text, label_columns) + ' ';
}

}  // namespace

std::string draw(screen const& on, curve_plot const& plot) {
    if (plot.shares.size() < 2) return {};
    auto const& signs = on.signs();
    axis const scale(plot.budget);
    std::size_t const columns = on.columns - indent - label_columns - 2;
    canvas cells(scale.rows(), columns);
    draw_curve(cells, scale, plot.shares, columns);
    draw_budget(cells, scale, plot.budget, columns, signs);

    auto const column_of = [&](std::size_t day) {
        return day * (columns - 1) / (plot.shares.size() - 1);
    };
    captions below(columns);
    below.add(0, to_date(plot.start));
    below.add(columns, to_date(plot.start + days{plot.shares.size() - 1}));
    std::vector<std::string_view> foot(columns, signs.axis);
    for (auto const& mark : plot.marks) {
        std::size_t const column = column_of(mark.day);
        foot[column] = signs.mark;
        below.add(column, mark.label);
        for (std::size_t row = scale.rows(); row-- > 0 && !cells.has_curve(row, column);)
            cells.put(row, column, signs.pole);
    }

    std::string text;
    for (std::size_t row = 0; row < scale.rows(); ++row)
        text += label_of(scale, row, plot.budget) + cells.line(row, on.unicode) + '\n';
    std::string const margin(indent + label_columns + 1, ' ');
    text += margin.substr(1) + std::string(signs.corner);
    for (auto const sign : foot) text += sign;
    return text + '\n' + below.to_text(margin);
}

}  // namespace cryptoperiod::output
