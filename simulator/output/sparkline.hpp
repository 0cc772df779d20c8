/// @file sparkline.hpp
/// A series of counts as one line of text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "screen.hpp"

namespace cryptoperiod::output {

/// At most `columns` characters, each the mean of its part of the series, the highest as high as a
/// line goes. Nothing at all is a space, so that a first failure can be seen.
[[nodiscard]] std::string sparkline(screen const& on, std::vector<std::uint64_t> const& series,
                                    std::size_t columns);

}  // namespace cryptoperiod::output
