/// @file plan_report.hpp
/// From an answer to what is told about it: the days worth showing, and for how long two sets live.
#pragma once

#include <cryptoperiod/fleet/retirement.hpp>

#include "output/plan_report.hpp"

namespace cryptoperiod::command {

/// Days of the horizon, rounded, on which at least two sets of the scenario are accepted when the
/// set is deleted at `date` instead of when the scenario says.
[[nodiscard]] std::int64_t shared_days(fleet::scenario const& s, std::string_view credential_set,
                                       time_point date);

[[nodiscard]] output::plan_report make_plan_report(fleet::scenario const& s,
                                                   fleet::retirement plan);

}  // namespace cryptoperiod::command
