/// @file diagnostics.hpp
/// What is wrong with the files that were read: collected in any order, shown in the order of the
/// files, each with its place, the line, a caret under it, and a way out.
#pragma once

#include <cryptoperiod/core/errc.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include "source_text.hpp"

namespace cryptoperiod::input {

/// One thing that is wrong.
struct diagnostic {
    place where;
    errc code{};
    std::string message, help;
};

/// Everything that is wrong, and the texts it is shown in.
class diagnostics {
public:
    /// How many are printed; the rest is counted.
    static constexpr std::size_t shown_max = 20;
    /// How many are kept: a file of garbage must not fill the memory.
    static constexpr std::size_t kept_max = 10'000;

    /// Makes a text known; its index is `place::file`.
    std::size_t add_source(source_text text);
    void add(place where, errc code, std::string message, std::string help);

    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    /// Sorted by file, line, column; equal places in the order of adding.
    [[nodiscard]] std::vector<diagnostic> sorted() const;
    [[nodiscard]] source_text const& source(std::size_t index) const { return sources_[index]; }
    [[nodiscard]] std::size_t sources() const noexcept { return sources_.size(); }

    /// The text for a person: at most shown_max diagnostics, "... and N more", and their number.
    /// Lines of the sources are cut to a screen of so many columns, 40 at least. Nothing from a
    /// file reaches it unescaped.
    [[nodiscard]] std::string to_text(bool colour, std::size_t columns) const;

private:
    std::vector<source_text> sources_;
    std::vector<diagnostic> found_;
    std::size_t count_ = 0;
};

}  // namespace cryptoperiod::input
