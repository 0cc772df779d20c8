/// @file plan_report.hpp
/// From an answer to what is told about it: the days worth showing, and for how long two sets live.
#pragma once

#include <cryptoperiod/fleet/retirement.hpp>

#include "output/plan_report.hpp"

namespace cryptoperiod::command {

[[nodiscard]] output::plan_report make_plan_report(fleet::scenario const& s,
                                                   fleet::retirement plan);

}  // namespace cryptoperiod::command
