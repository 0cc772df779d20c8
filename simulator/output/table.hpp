/// @file table.hpp
/// A table whose columns are as wide as what is in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "screen.hpp"
#include "text.hpp"

namespace cryptoperiod::output {

/// Rows of cells. Cells must be printable; a row may have fewer cells than there are columns.
class table {
public:
    enum class side : std::uint8_t { left, right };

    explicit table(std::vector<side> columns) : columns_(std::move(columns)) {}

    void add(std::vector<std::string> cells, ink colour = ink::plain) {
        rows_.push_back({std::move(cells), colour});
    }
    /// On a screen that is too narrow, these columns are left out, the first one first.
    void leave_out(std::vector<std::size_t> columns) { unneeded_ = std::move(columns); }

    /// Each line begins with two spaces and ends without any; columns are two apart. Rows that are
    /// still too wide go on in the next line, between two cells.
    [[nodiscard]] std::string to_text(screen const& on) const;

private:
    struct row {
        std::vector<std::string> cells;
        ink colour = ink::plain;
    };

    [[nodiscard]] std::vector<std::size_t> widths_on(screen const& on) const;

    std::vector<side> columns_;
    std::vector<std::size_t> unneeded_;
    std::vector<row> rows_;
};

}  // namespace cryptoperiod::output
