/// @file table.hpp
/// A table whose columns are as wide as what is in them.
#pragma once

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
    /// Each line begins with two spaces and ends without any; columns are two apart.
    [[nodiscard]] std::string to_text(screen const& on) const;

private:
    struct row {
        std::vector<std::string> cells;
        ink colour = ink::plain;
    };

    std::vector<side> columns_;
    std::vector<row> rows_;
};

}  // namespace cryptoperiod::output
