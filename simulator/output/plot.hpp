/// @file plot.hpp
/// How many devices a deletion would break, by its day, as a picture of text: shares on a
/// logarithmic axis, so that a budget of a few per mille can be seen below a fleet of 100 %.
#pragma once

#include <cryptoperiod/core/time.hpp>
#include <string>
#include <vector>

#include "screen.hpp"

namespace cryptoperiod::output {

/// A day that the picture points at.
struct plot_mark {
    std::size_t day = 0;
    std::string label;
};

/// What is drawn.
struct curve_plot {
    time_point start{};
    std::vector<double> shares;  ///< one a day, from `start`
    double budget = 0;
    std::vector<plot_mark> marks;
};

/// The picture, at most as wide as the screen; braille where the screen has Unicode. Empty when
/// there are fewer than two days.
[[nodiscard]] std::string draw(screen const& on, curve_plot const& plot);

}  // namespace cryptoperiod::output
